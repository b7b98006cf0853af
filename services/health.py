"""Checks of the servers and models that the service depends on."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import redis
from anyio import CapacityLimiter, to_thread
from sqlalchemy import Engine, text

from config.resources import Resources
from db.engine import OUTAGES, first_line
from index.query import IndexUnavailable
from runtime.catalogue_view import CatalogueView

ESSENTIAL_CHECKS = frozenset({"postgres", "index"})
CHECK_TIMEOUT_S = 3.0
MAX_CHECK_THREADS = 4  # of their own, as requests that wait for PostgreSQL can take all others
MAX_UNCONFIRMED_S = 10.0  # without word from PostgreSQL the index may miss changes

_check_threads = CapacityLimiter(MAX_CHECK_THREADS)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Whether a dependency works."""

    name: str
    ok: bool
    detail: str


async def run_checks(resources: Resources, catalogue: CatalogueView) -> Sequence[CheckResult]:
    """Return the result of every check; one without an answer in time has failed."""
    return await asyncio.gather(
        _run("postgres", partial(check_postgres, resources.engine)),
        _run("redis", partial(check_redis, resources.redis)),
        _run("embedder", partial(check_embedder, resources)),
        _run("index", partial(check_index, resources, catalogue)),
    )


def overall_status(checks: Sequence[CheckResult]) -> str:
    """Return `ready`, `degraded` or, when an essential check failed, `unready`."""
    failed = {check.name for check in checks if not check.ok}
    return "unready" if failed & ESSENTIAL_CHECKS else "degraded" if failed else "ready"


def check_postgres(engine: Engine) -> CheckResult:
    """Run a query."""
    try:
        with engine.connect() as connection:
            version = connection.execute(text("SHOW server_version")).scalar_one()
    except OUTAGES as error:
        return CheckResult("postgres", ok=False, detail=first_line(error))
    return CheckResult("postgres", ok=True, detail=f"PostgreSQL {version}")


def check_redis(client: "redis.Redis") -> CheckResult:
    """Send a ping."""
    try:
        client.ping()
    except redis.RedisError as error:
        return CheckResult("redis", ok=False, detail=first_line(error))
    return CheckResult("redis", ok=True, detail="answers")


def check_embedder(resources: Resources) -> CheckResult:
    """Tell whether the model is loaded."""
    if resources.embedder is None:
        detail = f"{resources.settings.embedder} could not be loaded: searching names only"
        return CheckResult("embedder", ok=False, detail=detail)
    return CheckResult("embedder", ok=True, detail=resources.embedder.model)


def check_index(resources: Resources, catalogue: CatalogueView) -> CheckResult:
    """Count the titles, and tell whether the index keeps up with PostgreSQL."""
    try:
        title_count = len(catalogue.index)
    except (*OUTAGES, IndexUnavailable) as error:
        return CheckResult("index", ok=False, detail=first_line(error))
    silence_s = time.monotonic() - catalogue.confirmed_at
    detail = f"{resources.settings.index}, {title_count} titles, confirmed {silence_s:.1f} s ago"
    return CheckResult("index", ok=silence_s < MAX_UNCONFIRMED_S, detail=detail)


async def _run(name: str, check: Callable[[], CheckResult]) -> CheckResult:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            return await to_thread.run_sync(check, limiter=_check_threads, abandon_on_cancel=True)
    except TimeoutError:
        return CheckResult(name, ok=False, detail=f"no answer within {CHECK_TIMEOUT_S:.0f} s")
