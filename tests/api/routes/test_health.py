"""Health and anonymous answers while PostgreSQL is locked."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import httpx
from sqlalchemy import Engine, text

from api.app import create_app
from config.resources import Resources
from db.engine import connect
from runtime.catalogue_view import CatalogueView
from tests.running_app import running_app
from tests.viewer_clients import viewer_factory
from tests.waiting import wait_until

WAITING_REQUESTS = 60  # more than the 40 threads of FastAPI
LOCK_TIMEOUT_S = 3.0
SEARCH = "/api/search?q=man+reborn+as+a+housefly"


@contextmanager
def locked_profiles(engine: Engine) -> Iterator[None]:
    with engine.connect() as connection, connection.begin():
        connection.execute(text("LOCK TABLE profile IN ACCESS EXCLUSIVE MODE"))
        yield


def fastest(get: Callable[[], httpx.Response]) -> float:
    """Return the seconds of the fastest of several requests, as tests share the machine."""
    durations = []
    for _ in range(5):
        started_at = time.perf_counter()
        assert get().status_code == 200
        durations.append(time.perf_counter() - started_at)
    return min(durations)


def test_health_and_anonymous_search_do_not_wait_for_a_locked_database(
    seeded_resources: Resources, catalogue_view: CatalogueView
) -> None:
    engine = connect(
        seeded_resources.engine.url.render_as_string(hide_password=False),
        lock_timeout_s=LOCK_TIMEOUT_S,
    )
    app = create_app(replace(seeded_resources, engine=engine), catalogue_view)
    with (
        running_app(app) as client,
        viewer_factory(app, client.base_url) as viewers,
        ThreadPoolExecutor(WAITING_REQUESTS) as threads,
    ):
        assert client.get(SEARCH).status_code == 200
        visitor = viewers.visitor().http
        waiting: list[Future[httpx.Response]] = []
        with locked_profiles(seeded_resources.engine):
            waiting = [threads.submit(visitor.get, SEARCH) for _ in range(WAITING_REQUESTS)]
            wait_until(lambda: engine.pool.checkedout() > 0, within_s=5)  # type: ignore[attr-defined]
            assert fastest(lambda: client.get("/livez")) < 0.1
            assert fastest(lambda: client.get("/metrics")) < 0.5
            assert fastest(lambda: client.get(SEARCH)) < 1.0
            assert not any(request.done() for request in waiting)
        assert {request.result().status_code for request in waiting} == {200}
    engine.dispose()
