import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text

from catalog.importer import Importer
from catalog.record import Record
from db import changes
from db.engine import connect, open_session
from runtime.catalogue_reader import CatalogueReader
from runtime.catalogue_view import CatalogueView
from runtime.change_listener import ChangeListener
from tests.runtime.database_backups import copy_database
from tests.runtime.postgres_proxy import PostgresProxy
from tests.waiting import WAIT_TIMEOUT_S, wait_until
from vocabulary.kinds import Space

Make = Callable[..., Record]
LOADER = CatalogueReader({Space.CONTENT: "fake"}, {"IN": {"te": 1.0}})
NEVER_POLL_S = 3600.0  # what is followed within a test was told

LISTENING_CONNECTIONS = (
    "FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
)


def store(own: Engine, *records: Record) -> list[int]:
    with open_session(own) as writing:
        stored = Importer().store(writing, records)
        writing.commit()
    return stored.changed_ids


@pytest.fixture
def catalogue_view(own_database: Engine) -> Iterator[CatalogueView]:
    """Follows what it is told, and looks by itself only where it cannot be told."""
    live = CatalogueView(
        own_database,
        LOADER,
        change_listener=ChangeListener(own_database, idle_poll_interval_s=NEVER_POLL_S),
    )
    live.load()
    live.start()
    wait_until(lambda: live.change_listener.is_listening)
    yield live
    live.stop()


def test_a_change_is_followed_when_it_is_told(
    own_database: Engine, catalogue_view: CatalogueView, make_record: Make
) -> None:
    for title in ("Eega", "Magadheera", "Makkhi"):
        (number,) = store(own_database, make_record(title))
        wait_until(lambda number=number: number in catalogue_view.titles)  # type: ignore[misc]  # mypy#12557


def test_one_connection_listens_for_a_process(
    own_database: Engine, catalogue_view: CatalogueView
) -> None:
    assert catalogue_view.change_listener.is_listening
    with own_database.connect() as connection:
        assert (
            connection.execute(text(f"SELECT count(*) {LISTENING_CONNECTIONS}")).scalar_one() == 1
        )


def test_what_changed_while_nobody_listened_is_followed(
    own_database: Engine, catalogue_view: CatalogueView, make_record: Make
) -> None:
    with own_database.begin() as connection:
        connection.execute(text(f"SELECT pg_terminate_backend(pid) {LISTENING_CONNECTIONS}"))
    (number,) = store(own_database, make_record("Eega"))
    wait_until(lambda: number in catalogue_view.titles)
    wait_until(lambda: catalogue_view.change_listener.is_listening)
    (later,) = store(own_database, make_record("Magadheera"))
    wait_until(lambda: later in catalogue_view.titles)


def test_a_change_that_waits_for_an_older_transaction_is_followed_when_that_ends(
    own_database: Engine, catalogue_view: CatalogueView, make_record: Make
) -> None:
    with own_database.connect() as slow:
        slow.execute(text("SELECT pg_current_xact_id()"))  # writes, and tells nobody
        (number,) = store(own_database, make_record("Eega"))
        wait_until(lambda: catalogue_view.has_pending_changes)
        assert number not in catalogue_view.titles
    wait_until(lambda: number in catalogue_view.titles)
    wait_until(lambda: not catalogue_view.has_pending_changes)


def test_changes_that_are_written_behind_our_back_are_told_too(
    own_database: Engine, catalogue_view: CatalogueView, make_record: Make
) -> None:
    (number,) = store(own_database, make_record("Eega"))
    wait_until(lambda: number in catalogue_view.titles)
    with own_database.begin() as connection:
        connection.execute(text("DELETE FROM title"))
        connection.execute(text("INSERT INTO change (title_id) VALUES (:id)"), {"id": number})
    wait_until(lambda: number not in catalogue_view.titles)


def test_a_restored_backup_is_noticed_though_its_log_has_grown_since(
    own_database: Engine, catalogue_view: CatalogueView, make_record: Make
) -> None:
    (kept,) = store(own_database, make_record("Eega"))
    copy_database(own_database, "own", "saved")
    (lost,) = store(own_database, make_record("Magadheera"))
    wait_until(lambda: lost in catalogue_view.titles)
    with open_session(own_database) as reading:
        before = changes.current_position(reading)
    copy_database(own_database, "saved", "own")
    (new,) = store(own_database, make_record("Makkhi"))
    assert new == lost  # the numbers were given back, to another title
    wait_until(
        lambda: new in catalogue_view.titles and catalogue_view.titles[new].title == "Makkhi"
    )
    assert set(catalogue_view.titles) == {kept, new}
    with open_session(own_database) as reading:
        assert changes.current_position(reading) > before


@pytest.fixture
def relay(own_database: Engine) -> Iterator[PostgresProxy]:
    where = dict(own_database.url.query)
    relay = PostgresProxy(Path(str(where["host"])) / f".s.PGSQL.{where['port']}")
    yield relay
    relay.close()


@pytest.fixture
def relayed(own_database: Engine, relay: PostgresProxy) -> Iterator[Engine]:
    query = {"sslmode": "disable", "gssencmode": "disable"}
    url = own_database.url.set(host="127.0.0.1", port=relay.port, query=query)
    engine = connect(make_url(url).render_as_string(hide_password=False))
    yield engine
    engine.dispose()


def test_behind_a_pooler_that_passes_nothing_on_changes_are_looked_for(
    own_database: Engine, relay: PostgresProxy, relayed: Engine, make_record: Make
) -> None:
    relay.drops_notifications = True
    live = CatalogueView(
        relayed, LOADER, change_listener=ChangeListener(relayed, idle_poll_interval_s=NEVER_POLL_S)
    )
    live.load()
    live.start()
    (number,) = store(own_database, make_record("Eega"))
    wait_until(lambda: number in live.titles)
    assert not live.change_listener.is_listening
    live.stop()


def test_a_connection_that_no_longer_hears_is_given_up(
    relay: PostgresProxy, relayed: Engine
) -> None:
    bell = ChangeListener(relayed, idle_poll_interval_s=NEVER_POLL_S, probe_interval_s=0.1)
    woken = threading.Event()
    bell.subscribe(woken)
    bell.start()
    wait_until(lambda: bell.is_listening)
    relay.drops_notifications = True
    woken.clear()
    wait_until(lambda: not bell.is_listening)
    assert woken.wait(WAIT_TIMEOUT_S)
    relay.drops_notifications = False
    wait_until(lambda: bell.is_listening)
    bell.stop()


def test_a_bell_that_never_started_can_be_stopped(own_database: Engine) -> None:
    ChangeListener(own_database).stop()


def test_a_bell_stops_while_postgresql_is_away() -> None:
    nobody = connect("postgresql+psycopg://127.0.0.1:1/none", connect_timeout_s=1)
    bell = ChangeListener(nobody)
    bell.start()
    bell.stop()
    assert not bell.is_listening
