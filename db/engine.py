"""Connections to PostgreSQL."""

from sqlalchemy import Engine, create_engine
from sqlmodel import Session

# A server whose machine or network is gone says nothing: such a connection ends within these.
TCP_TIMEOUTS = {
    "keepalives_idle": 10,  # seconds
    "keepalives_interval": 5,  # seconds
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,  # milliseconds, of what was sent and not confirmed
}


def connect(url: str, *, pool_size: int = 10, connect_timeout_s: int = 5) -> Engine:
    """Return an engine whose pooled connections are tested before use, so that a restart heals."""
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        pool_timeout=connect_timeout_s,
        hide_parameters=True,  # of statements that fail: e-mails and what people wrote are no log's
        connect_args={"connect_timeout": connect_timeout_s, **TCP_TIMEOUTS},
    )


def open_session(engine: Engine) -> Session:
    """Return a session whose objects stay readable after the commit."""
    return Session(engine, expire_on_commit=False)
