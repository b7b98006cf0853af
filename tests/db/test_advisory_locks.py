from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from db import pgvector_store, titles
from db.advisory_locks import AdvisoryLock, named_lock
from db.engine import DatabaseUnavailable, connect, open_session

OWN_ADVISORY_LOCKS = (
    "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
)


@pytest.fixture
def impatient_engine(engine: Engine) -> Iterator[Engine]:
    url = engine.url.render_as_string(hide_password=False)
    impatient = connect(url, lock_timeout_s=0.3, statement_timeout_s=0.5)
    yield impatient
    impatient.dispose()


def test_each_lock_has_a_number_of_its_own() -> None:
    numbers = list(AdvisoryLock.__members__.values())
    assert len({each.value for each in numbers}) == len(numbers)


def test_an_import_does_not_block_writing_vectors(engine: Engine) -> None:
    with open_session(engine) as importing, engine.connect() as writing_vectors:
        titles.lock_for_writing(importing)
        assert writing_vectors.execute(
            text("SELECT pg_try_advisory_xact_lock(:lock)"),
            {"lock": AdvisoryLock.PGVECTOR_WRITER.value},
        ).scalar_one()


def test_vectors_are_locked_by_their_own_number(engine: Engine) -> None:
    with engine.connect() as connection:
        pgvector_store.lock_for_writing(connection)
        held = connection.execute(
            text(
                "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
            )
        ).scalars()
        assert list(held) == [AdvisoryLock.PGVECTOR_WRITER.value]


def test_a_named_lock_is_held_by_one_connection_at_a_time(engine: Engine) -> None:
    def acquired(name: str) -> bool:
        with named_lock(engine, AdvisoryLock.EMBEDDING, name, wait=False) as got:
            return got

    with named_lock(engine, AdvisoryLock.EMBEDDING, "content", wait=True) as first:
        assert first
        assert not acquired("content")
        assert acquired("collab")
    assert acquired("content")


def test_a_named_lock_waits_longer_than_the_timeouts_and_leaves_them_as_they_were(
    impatient_engine: Engine,
) -> None:
    with named_lock(impatient_engine, AdvisoryLock.EMBEDDING, "content", wait=True):
        pass
    with impatient_engine.connect() as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar() == "500ms"
        assert connection.execute(text("SHOW lock_timeout")).scalar() == "300ms"


def test_batch_writers_have_no_timeouts_until_they_commit(impatient_engine: Engine) -> None:
    with open_session(impatient_engine) as session:
        titles.lock_for_writing(session)
        session.execute(text("SELECT pg_sleep(0.7)"))
        session.commit()
        with pytest.raises(DatabaseUnavailable):
            session.execute(text("SELECT pg_sleep(0.7)"))
