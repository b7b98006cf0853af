"""What was acknowledged is stored, once, whatever dies in between."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import Engine, text

from api.auth.visitor_cookie import VISITOR_COOKIE
from catalog.importer import Importer
from catalog.record import Record
from config.resources import Resources, open_resources
from config.settings import Settings
from db.engine import open_session
from runtime.title_features import StoredTitleFeatures
from services.embedding import embed_titles
from tests.rasika_process import RasikaProcess, kill_postgres
from tests.waiting import wait_until
from viewers import interactions
from vocabulary.kinds import Event

CLIENT_COUNT, EVENTS_PER_CLIENT = 20, 50
BATCH_SIZES = (1, 4)  # interactions of a post, in turn
VIEWER_COUNT = 4
TITLE_COUNT = 10
ACKNOWLEDGE_TIMEOUT_S = 90.0


@pytest.fixture
def resources(tmp_path: Path) -> Iterator[Resources]:
    """A home with a few titles and their vectors, its servers held."""
    with open_resources(Settings(home=tmp_path / "home")) as resources:
        assert resources.embedder is not None
        records = [
            Record.model_validate(
                {"kind": "movie", "title": f"Title {each}", "genres": ["drama"], "source": "test"}
            )
            for each in range(TITLE_COUNT)
        ]
        with open_session(resources.engine) as writing:
            stored = Importer().store(writing, records)
            embed_titles(writing, resources.embedder, stored.created_ids)
            writing.commit()
        yield resources


@pytest.fixture
def service(resources: Resources) -> Iterator[RasikaProcess]:
    made = RasikaProcess(resources.settings.home, {"RASIKA_SEED": "0"})
    with made.running():
        yield made


@dataclass
class InteractionSenders:
    """Tell what they have to, until every bit of it is acknowledged."""

    address: str
    acknowledged: Counter[UUID] = field(default_factory=Counter)
    failures: int = 0

    def new_visitor_cookie(self) -> str:
        """Return the cookie of a new visitor."""
        post = {"content_id": 1, "event": "impression"}
        answer = httpx.post(f"{self.address}/api/user/interactions", json=post, timeout=30)
        return answer.cookies[VISITOR_COOKIE]

    def send(self, cookie: str, events: list[dict[str, object]]) -> None:
        with httpx.Client(base_url=self.address, timeout=10) as client:
            turn = 0
            while events:
                size = BATCH_SIZES[turn % len(BATCH_SIZES)]
                self._post(client, cookie, events[:size])
                events = events[size:]
                turn += 1

    def _post(self, client: httpx.Client, cookie: str, batch: list[dict[str, object]]) -> None:
        deadline = time.monotonic() + ACKNOWLEDGE_TIMEOUT_S
        while time.monotonic() < deadline:
            try:
                answer = client.post(
                    "/api/user/interactions",
                    json=batch,
                    headers={"cookie": f"{VISITOR_COOKIE}={cookie}"},
                )
            except httpx.TransportError:
                self.failures += 1
            else:
                if answer.status_code == 200:
                    counted = answer.json()
                    assert counted["stored"] + counted["repeated"] == len(batch)
                    self.acknowledged.update(UUID(str(each["id"])) for each in batch)
                    return
                assert answer.status_code == 503, answer.text
                self.failures += 1
            time.sleep(0.1)
        raise AssertionError("it was never acknowledged")


def make_events(client: int) -> list[dict[str, object]]:
    kinds = [*Event]
    return [
        {
            "id": str(uuid4()),
            "content_id": 1 + (client + number) % TITLE_COUNT,
            "event": (event := kinds[(3 * client + number) % len(kinds)]),
            **({"value": 0.5 + (client + number) % 10 / 2} if event is Event.RATE else {}),
            **({"progress": number / EVENTS_PER_CLIENT} if event is Event.WATCH else {}),
        }
        for number in range(EVENTS_PER_CLIENT)
    ]


def stored_state(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT t::text FROM standing t UNION ALL SELECT t::text FROM taste t")
        )
        return sorted(rows.scalars())


def test_what_is_acknowledged_is_stored_once_though_the_service_and_its_database_are_killed(
    service: RasikaProcess, resources: Resources
) -> None:
    clients = InteractionSenders(service.address)
    cookies = [clients.new_visitor_cookie() for _ in range(VIEWER_COUNT)]
    told = [make_events(client) for client in range(CLIENT_COUNT)]
    with ThreadPoolExecutor(CLIENT_COUNT) as threads:
        telling = [
            threads.submit(clients.send, cookies[client % VIEWER_COUNT], told[client])
            for client in range(CLIENT_COUNT)
        ]
        wait_until(lambda: len(clients.acknowledged) > 250, within_s=ACKNOWLEDGE_TIMEOUT_S)
        service.kill()
        killed_at = len(clients.acknowledged)
        service.start()
        wait_until(lambda: len(clients.acknowledged) > 600, within_s=ACKNOWLEDGE_TIMEOUT_S)
        kill_postgres(service.home)
        for each in telling:
            each.result()
    assert killed_at < CLIENT_COUNT * EVENTS_PER_CLIENT
    assert clients.failures > 0
    with resources.engine.connect() as connection:
        stored = Counter(connection.execute(text("SELECT client_id FROM interaction")).scalars())
    assert set(stored.values()) == {1}
    assert stored.total() == CLIENT_COUNT * EVENTS_PER_CLIENT + VIEWER_COUNT
    assert set(clients.acknowledged) == {UUID(str(each["id"])) for each in chain(*told)}
    assert set(clients.acknowledged) <= set(stored)
    assert_rebuild_matches(resources)


def assert_rebuild_matches(resources: Resources) -> None:
    """Assert that what followed online follows from the log."""
    assert resources.embedder is not None
    online = stored_state(resources.engine)
    assert len(online) == VIEWER_COUNT * (TITLE_COUNT + 1)
    with open_session(resources.engine) as writing:
        viewers = writing.execute(text("SELECT id FROM viewer")).scalars().all()
        for viewer_id in viewers:
            interactions.rebuild_viewer_state(
                writing, viewer_id, StoredTitleFeatures(writing, resources.embedder.model)
            )
        writing.commit()
    assert stored_state(resources.engine) == online
