"""Connections to PostgreSQL, and how an outage differs from a bug."""

from sqlalchemy import Engine, ExceptionContext, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session

# A server whose machine or network is gone sends nothing: these end such a connection.
TCP_TIMEOUTS = {
    "keepalives_idle": 10,  # seconds
    "keepalives_interval": 5,  # seconds
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,  # milliseconds until sent data must be acknowledged
}
# SQLSTATE classes and codes (PostgreSQL 18, appendix A): connection, resources, read-only standby,
# shutdown or start-up, cancelled by a timeout, lock not available.
OUTAGE_SQLSTATES = ("08", "53", "25006", "57P0", "57014", "55P03")


class DatabaseUnavailable(OperationalError):
    """PostgreSQL is unreachable, out of resources or too slow: a retry may succeed."""


OUTAGES = (DatabaseUnavailable, PoolTimeout)
"""What code that can go on without PostgreSQL catches; every other database error is a bug."""


def connect(
    url: str,
    *,
    pool_size: int = 10,
    connect_timeout_s: int = 5,
    statement_timeout_s: float = 0,
    lock_timeout_s: float = 0,
) -> Engine:
    """Return an engine whose pooled connections are tested before use, so that a restart heals.

    A timeout of 0 is none. Outages are raised as `DatabaseUnavailable`.
    """
    limits = {"statement_timeout": statement_timeout_s, "lock_timeout": lock_timeout_s}
    options = " ".join(f"-c {name}={round(1000 * limit)}" for name, limit in limits.items())
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        pool_timeout=connect_timeout_s,
        hide_parameters=True,  # statements contain e-mail addresses and search texts
        connect_args={"connect_timeout": connect_timeout_s, "options": options, **TCP_TIMEOUTS},
    )
    event.listen(engine, "handle_error", _raise_outage)
    return engine


def open_session(engine: Engine) -> Session:
    """Return a session whose objects stay readable after the commit."""
    return Session(engine, expire_on_commit=False)


def first_line(error: BaseException) -> str:
    """Return the first line of an error message, without the statement and the hints."""
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]


def _raise_outage(context: ExceptionContext) -> None:
    original = context.original_exception
    if not isinstance(original, Exception):  # Ctrl-C during a statement
        return
    sqlstate = getattr(original, "sqlstate", None)
    is_outage = (
        sqlstate.startswith(OUTAGE_SQLSTATES)
        if sqlstate
        else isinstance(context.sqlalchemy_exception, OperationalError)
    )
    if context.is_disconnect or is_outage:
        raise DatabaseUnavailable(
            context.statement,
            None,
            original,
            hide_parameters=True,
            connection_invalidated=context.is_disconnect,
        ) from original
