"""Checks of the servers and models that the service depends on."""

import time
from dataclasses import dataclass

import redis
from sqlalchemy import Engine, text

from config.resources import Resources
from db.engine import OUTAGES, first_line
from index.query import IndexUnavailable
from runtime.catalogue_view import CatalogueView

MAX_UNCONFIRMED_S = 10.0  # without word from PostgreSQL the index may miss changes


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Whether a dependency works."""

    name: str
    ok: bool
    detail: str


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
