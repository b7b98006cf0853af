"""A share in the servers of a home: the first starts them, the last stops them."""

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

from embedded import lease_notes, locks, service_log
from embedded.home_folder import (
    VALKEY_SOCKET,
    EmbeddedServicesError,
    HomeFolder,
    ServerName,
    read_text_or_empty,
    translate_os_errors,
)
from embedded.postgres import SUPERUSER

DATABASE_NAME = "rasika"

_POLL_INTERVAL_S = 0.05
_CONNECT_TIMEOUT_S = 2  # one attempt to connect
_PROJECT_FOLDER = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class ServerAddresses:
    """The addresses of the servers; empty for a server that was not requested."""

    database_url: str = ""  # SQLAlchemy's form, through psycopg
    redis_url: str = ""


@dataclass(frozen=True)
class Lease:
    """While it is held the servers stay up; it ends with its process."""

    addresses: ServerAddresses
    _home: HomeFolder
    _lock: locks.FileLock
    _note: Path

    @property
    def database_url(self) -> str:
        """For SQLAlchemy."""
        return self.addresses.database_url

    @property
    def redis_url(self) -> str:
        """For redis-py."""
        return self.addresses.redis_url

    def release(self) -> None:
        """Give the share back; may be called again. Does not wait for the servers to stop."""
        self._note.unlink(missing_ok=True)
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
    place = HomeFolder.resolve(home)
    place.create_folders()
    choices: list[tuple[ServerName, bool]] = [("postgres", postgres), ("valkey", valkey)]
    names = [name for name, is_requested in choices if is_requested]
    began = time.time()
    lock, note = _register_lease(place, names, timeout_s=start_timeout_s)
    try:
        for name in names:
            _wait_for_answer(place, name, began=began, timeout_s=start_timeout_s)
        return Lease(_server_addresses(place, names), place, lock, note)
    except BaseException:  # also when interrupted: the caller never gets the lease
        note.unlink(missing_ok=True)
        lock.release()
        raise


def _register_lease(
    home: HomeFolder, servers: list[ServerName], *, timeout_s: float
) -> tuple[locks.FileLock, Path]:
    """Take a share of the lock, write a note, and see that a supervisor knows what is needed."""
    with translate_os_errors(home.path), locks.hold(home.start_lock_file, timeout_s=timeout_s):
        lock = locks.acquire(home.lease_lock_file, shared=True, timeout_s=timeout_s)
        if lock is None:
            raise TimeoutError(f"{home.lease_lock_file} is locked by another program")
        for name in servers:
            home.request_marker(name).touch()
        if not locks.is_locked_exclusively(home.supervisor_lock_file):
            _spawn_supervisor(home)
        return lock, lease_notes.write_note(home.lease_notes_folder)


def _spawn_supervisor(home: HomeFolder) -> None:
    """Return when the supervisor, detached from this process, holds its lock."""
    service_log.rotate(home.log_file)
    search = [str(_PROJECT_FOLDER), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, search))}
    command = [sys.executable, "-P", "-m", "embedded.supervisor", str(home.path)]
    with home.log_file.open("ab") as log:
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
        raise _supervisor_ended_error(home)


def _stop_orphans(home: HomeFolder) -> None:
    """Let a new supervisor stop the servers that a killed one left, if no lease is held."""
    try:
        with locks.hold(home.start_lock_file, timeout_s=0):
            orphaned = home.supervisor_pid_file.exists() and not locks.is_locked_exclusively(
                home.supervisor_lock_file
            )
            if orphaned and not locks.is_locked(home.lease_lock_file):
                _spawn_supervisor(home)
    except (OSError, EmbeddedServicesError):  # the home is gone, or another process is starting
        return


def _wait_for_answer(home: HomeFolder, name: ServerName, *, began: float, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while (failure := _connection_failure(home, name)) is not None:
        _raise_reported_failure(home, name, began)
        if not locks.is_locked_exclusively(home.supervisor_lock_file):
            raise _supervisor_ended_error(home)
        if time.monotonic() > deadline:
            reason = f"{name} does not answer after {timeout_s:.0f} s: {failure}"
            raise EmbeddedServicesError(home.path, reason, f"see {home.log_file}")
        time.sleep(_POLL_INTERVAL_S)


def _raise_reported_failure(home: HomeFolder, name: ServerName, began: float) -> None:
    note = home.failure_report(name)
    text = read_text_or_empty(note)
    if text and note.stat().st_mtime >= began:
        reason, _, remedy = text.partition("\n")
        raise EmbeddedServicesError(home.path, reason, remedy)


def _supervisor_ended_error(home: HomeFolder) -> EmbeddedServicesError:
    reason = f"the supervisor ended: {service_log.last_error_line(home.log_file, 'Error:')}"
    return EmbeddedServicesError(home.path, reason, f"try again, or see {home.log_file}")


def _connection_failure(home: HomeFolder, name: ServerName) -> str | None:
    """Return why the server does not answer; None when it does."""
    folder = home.current_socket_folder()
    if folder is None:
        return "it has no socket yet"
    probes: dict[ServerName, Callable[[Path], None]] = {
        "postgres": _connect_postgres,
        "valkey": _ping_valkey,
    }
    try:
        probes[name](folder)
    except (psycopg.OperationalError, redis.ConnectionError, redis.TimeoutError) as error:
        return str(error)
    return None


def _connect_postgres(folder: Path) -> None:
    """Connect, and create our database if it is missing."""
    with psycopg.connect(
        host=str(folder),
        port=5432,
        user=SUPERUSER,
        dbname="postgres",
        connect_timeout=_CONNECT_TIMEOUT_S,
        autocommit=True,
    ) as connection:
        query = "SELECT FROM pg_database WHERE datname = %s"
        if connection.execute(query, (DATABASE_NAME,)).fetchone() is None:
            _create_database(connection)


def _create_database(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    try:
        connection.execute(f"CREATE DATABASE {DATABASE_NAME}")
    except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
        return  # another process was faster


def _ping_valkey(folder: Path) -> None:
    no_retry = Retry(NoBackoff(), 0)
    path = str(folder / VALKEY_SOCKET)
    with redis.Redis(
        unix_socket_path=path, socket_timeout=_CONNECT_TIMEOUT_S, retry=no_retry
    ) as client:
        client.ping()


def _server_addresses(home: HomeFolder, servers: list[ServerName]) -> ServerAddresses:
    folder = str(home.current_socket_folder())
    host = quote(folder, safe="")
    database = f"postgresql+psycopg://{SUPERUSER}@/{DATABASE_NAME}?host={host}&port=5432"
    valkey = f"unix://{quote(folder)}/{VALKEY_SOCKET}?db=0"
    return ServerAddresses(
        database_url=database if "postgres" in servers else "",
        redis_url=valkey if "valkey" in servers else "",
    )
