"""The state of the servers, read without changing anything."""

from dataclasses import dataclass
from pathlib import Path

from embedded import locks, processes
from embedded.home_folder import (
    SERVER_NAMES,
    HomeFolder,
    ServerName,
    read_text_or_empty,
    translate_os_errors,
)
from embedded.postgres import PostgresServer
from embedded.valkey import ValkeyServer


@dataclass(frozen=True)
class ServicesStatus:
    """The embedded services of a home at one moment."""

    supervisor_pid: int | None
    postgres_pid: int | None
    valkey_pid: int | None
    in_use: bool  # whether any process holds a lease
    failures: tuple[str, ...]  # of the last start, one readable line each


def read_status(home: Path) -> ServicesStatus:
    """Read the state of a home's servers; creates and changes nothing.

    Raises: EmbeddedServicesError when the home may not be read.
    """
    place = HomeFolder.resolve(home)
    with translate_os_errors(place.path):
        pids = {"postgres": _pid(PostgresServer(place)), "valkey": _pid(ValkeyServer(place))}
        reports = [_failure(place, name) for name in SERVER_NAMES if pids[name] is None]
        failures = tuple(filter(None, reports))
        return ServicesStatus(
            supervisor_pid=_supervisor_pid(place),
            postgres_pid=pids["postgres"],
            valkey_pid=pids["valkey"],
            in_use=locks.is_locked(place.lease_lock_file),
            failures=failures,
        )


def _pid(server: PostgresServer | ValkeyServer) -> int | None:
    process = server.find_running()
    return None if process is None else process.pid


def _supervisor_pid(home: HomeFolder) -> int | None:
    alive = locks.is_locked_exclusively(home.supervisor_lock_file)
    return processes.read_pid(home.supervisor_pid_file) if alive else None


def _failure(home: HomeFolder, name: ServerName) -> str | None:
    text = read_text_or_empty(home.failure_report(name))
    return f"{name}: {'; '.join(text.splitlines())}" if text else None
