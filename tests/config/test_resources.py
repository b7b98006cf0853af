import pytest
from sqlalchemy import text

from config.resources import DatabaseLimits, open_resources
from config.settings import Settings
from db.engine import DatabaseUnavailable
from embedded.lease import Lease


def test_statements_end_within_the_limits_of_the_process(
    servers: Lease, own_database_url: str
) -> None:
    settings = Settings(database_url=own_database_url, redis_url=servers.redis_url)
    limits = DatabaseLimits(statement_timeout_s=0.2, lock_timeout_s=0.1)
    with (
        open_resources(settings, with_embedder=False, limits=limits) as resources,
        resources.background_engine.begin() as locking,
    ):
        locking.execute(text("LOCK TABLE title"))
        locking.execute(text("SELECT pg_sleep(0.3)"))
        for statement in ("SELECT count(*) FROM title", "SELECT pg_sleep(9)"):
            with resources.engine.connect() as waiting, pytest.raises(DatabaseUnavailable):
                waiting.execute(text(statement))
