"""A share in the servers of a home: the first one starts them, the last one stops them."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from embedded import locks, service_log
from embedded.home_folder import (
    VALKEY_SOCKET,
    EmbeddedServicesError,
    Home,
    ServerName,
    read_text,
    readable_errors,
)
from embedded.postgres import SUPERUSER

DATABASE = "rasika"

_POLL_S = 0.05
_ANSWER_S = 2  # one attempt to connect
_PROJECT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Servers:
    """The addresses of the servers; that of a server not asked for is empty."""

    database_url: str = ""  # SQLAlchemy's form, through psycopg
    redis_url: str = ""


@dataclass(frozen=True)
class Lease:
    """While it is held the servers stay up; the end of the process releases it too."""

    servers: Servers
    _home: Home
    _lock: locks.Lock

    @property
    def database_url(self) -> str:
        """For SQLAlchemy."""
        return self.servers.database_url

    @property
    def redis_url(self) -> str:
        """For redis-py."""
        return self.servers.redis_url

    def release(self) -> None:
        """Give the share back; may be called again. Does not wait for the servers to stop."""
        self._lock.release()
        _stop_orphans(self._home)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.release()


def acquire(
    home: Path, *, postgres: bool = True, valkey: bool = True, start_timeout_s: float = 60
) -> Lease:
    """Join the servers of a home, starting what does not run, and wait until they answer.

    Raises: EmbeddedServicesError.
    """
    place = Home.at(home)
    place.prepare()
    choices: list[tuple[ServerName, bool]] = [("postgres", postgres), ("valkey", valkey)]
    wanted = [name for name, asked_for in choices if asked_for]
    began = time.time()
    lock = _join(place, wanted, timeout_s=start_timeout_s)
    try:
        for name in wanted:
            _await_answer(place, name, began=began, timeout_s=start_timeout_s)
        return Lease(_addresses(place, wanted), place, lock)
    except BaseException:  # also when interrupted: nobody is left to release it
        lock.release()
        raise


def _join(home: Home, wanted: list[ServerName], *, timeout_s: float) -> locks.Lock:
    """Enter the holders, and see that a supervisor knows what they want."""
    with readable_errors(home.path), locks.held(home.start_lock, timeout_s=timeout_s):
        lock = locks.wait_for(home.holders_lock, shared=True, timeout_s=timeout_s)
        if lock is None:
            raise TimeoutError(f"{home.holders_lock} is locked by another program")
        for name in wanted:
            home.wish(name).touch()
        if not locks.has_owner(home.supervisor_lock):
            _spawn_supervisor(home)
        return lock


def _spawn_supervisor(home: Home) -> None:
    """Return when the supervisor, detached from this process, holds its lock."""
    service_log.rotate(home.log)
    search = [str(_PROJECT), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, search))}
    command = [sys.executable, "-P", "-m", "embedded.supervisor", str(home.path)]
    with home.log.open("ab") as log:
        status = subprocess.run(  # noqa: S603 -- this interpreter, no shell
            command,
            env=environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            check=False,
        ).returncode
    if status != 0:
        raise _supervisor_ended(home)


def _stop_orphans(home: Home) -> None:
    """Let a new supervisor stop the servers that a killed one left, if nobody holds them."""
    try:
        with locks.held(home.start_lock, timeout_s=0):
            orphaned = home.supervisor_pid.exists() and not locks.has_owner(home.supervisor_lock)
            if orphaned and not locks.is_taken(home.holders_lock):
                _spawn_supervisor(home)
    except (OSError, EmbeddedServicesError):  # the home is gone, or somebody is starting
        return


def _await_answer(home: Home, name: ServerName, *, began: float, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while (silence := _silence(home, name)) is not None:
        _raise_reported_failure(home, name, began)
        if not locks.has_owner(home.supervisor_lock):
            raise _supervisor_ended(home)
        if time.monotonic() > deadline:
            reason = f"{name} does not answer after {timeout_s:.0f} s: {silence}"
            raise EmbeddedServicesError(home.path, reason, f"see {home.log}")
        time.sleep(_POLL_S)


def _raise_reported_failure(home: Home, name: ServerName, began: float) -> None:
    note = home.failure(name)
    text = read_text(note)
    if text and note.stat().st_mtime >= began:
        reason, _, mend = text.partition("\n")
        raise EmbeddedServicesError(home.path, reason, mend)


def _supervisor_ended(home: Home) -> EmbeddedServicesError:
    reason = f"the supervisor ended: {service_log.last_complaint(home.log, 'Error:')}"
    return EmbeddedServicesError(home.path, reason, f"try again, or see {home.log}")


def _silence(home: Home, name: ServerName) -> str | None:
    """Why the server does not answer, None when it does."""
    folder = home.socket_folder()
    if folder is None:
        return "it has no socket yet"
    asks: dict[ServerName, Callable[[Path], None]] = {
        "postgres": _ask_postgres,
        "valkey": _ask_valkey,
    }
    try:
        asks[name](folder)
    except (psycopg.OperationalError, redis.ConnectionError, redis.TimeoutError) as error:
        return str(error)
    return None


def _ask_postgres(folder: Path) -> None:
    """Connect, and see that our database exists."""
    with psycopg.connect(
        host=str(folder),
        port=5432,
        user=SUPERUSER,
        dbname="postgres",
        connect_timeout=_ANSWER_S,
        autocommit=True,
    ) as connection:
        query = "SELECT FROM pg_database WHERE datname = %s"
        if connection.execute(query, (DATABASE,)).fetchone() is None:
            _create_database(connection)


def _create_database(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    try:
        connection.execute(f"CREATE DATABASE {DATABASE}")
    except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
        return  # another process was faster


def _ask_valkey(folder: Path) -> None:
    no_retry = Retry(NoBackoff(), 0)
    path = str(folder / VALKEY_SOCKET)
    with redis.Redis(unix_socket_path=path, socket_timeout=_ANSWER_S, retry=no_retry) as client:
        client.ping()


def _addresses(home: Home, wanted: list[ServerName]) -> Servers:
    folder = str(home.socket_folder())
    host = quote(folder, safe="")
    database = f"postgresql+psycopg://{SUPERUSER}@/{DATABASE}?host={host}&port=5432"
    valkey = f"unix://{quote(folder)}/{VALKEY_SOCKET}?db=0"
    return Servers(
        database_url=database if "postgres" in wanted else "",
        redis_url=valkey if "valkey" in wanted else "",
    )
