"""What counts as an outage of PostgreSQL, and what is a bug."""

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from db.engine import DatabaseUnavailable, connect, first_line
from embedded.lease import Lease


def test_a_statement_that_takes_too_long_is_an_outage(servers: Lease) -> None:
    limited = connect(servers.database_url, statement_timeout_s=0.05)
    with limited.connect() as connection, pytest.raises(DatabaseUnavailable):
        connection.execute(text("SELECT pg_sleep(10)"))
    limited.dispose()


def test_a_lock_that_is_not_released_is_an_outage(engine: Engine, servers: Lease) -> None:
    limited = connect(servers.database_url, lock_timeout_s=0.05)
    with engine.begin() as holder, limited.connect() as connection:
        holder.execute(text("SELECT pg_advisory_xact_lock(1, 1)"))
        with pytest.raises(DatabaseUnavailable):
            connection.execute(text("SELECT pg_advisory_xact_lock(1, 1)"))
    limited.dispose()


def test_a_server_that_is_not_there_is_an_outage() -> None:
    absent = connect("postgresql+psycopg://nobody@127.0.0.1:1/none", connect_timeout_s=1)
    with pytest.raises(DatabaseUnavailable), absent.connect():
        pass


def test_a_connection_that_was_cut_is_an_outage(engine: Engine, servers: Lease) -> None:
    cut = connect(servers.database_url)
    with cut.connect() as connection:
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        connection.commit()
        with engine.begin() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        with pytest.raises(DatabaseUnavailable):
            connection.execute(text("SELECT 1"))
    cut.dispose()


@pytest.mark.parametrize("statement", ["SELECT nonsense", "SELECT 1 / 0", "SELEC"])
def test_a_wrong_statement_is_a_bug_and_no_outage(engine: Engine, statement: str) -> None:
    with engine.connect() as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(text(statement))
    assert not isinstance(caught.value, DatabaseUnavailable)


def test_the_first_line_of_an_error_is_without_the_statement(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(text("SELECT nonsense"))
    assert first_line(caught.value) == 'column "nonsense" does not exist'
    assert isinstance(caught.value.orig, psycopg.Error)
