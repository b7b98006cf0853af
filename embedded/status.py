"""What a doctor can see of the servers, without touching anything."""

from dataclasses import dataclass
from pathlib import Path

from embedded import locks, processes, service_log
from embedded.home_folder import SERVER_NAMES, Home, ServerName, read_text, readable_errors
from embedded.postgres import Postgres
from embedded.valkey import Valkey


@dataclass(frozen=True)
class ServicesStatus:
    """The embedded services of a home at one moment."""

    home: Path
    supervisor_pid: int | None
    postgres_pid: int | None
    valkey_pid: int | None
    postgres_version: str | None  # the major version that made the data folder
    held: bool  # whether anybody holds a lease
    failures: tuple[str, ...]  # of the last start, one readable line each
    log: Path
    log_tail: tuple[str, ...]  # empty unless a start failed


def status(home: Path) -> ServicesStatus:
    """Look at the services of a home; makes and changes nothing.

    Raises: EmbeddedServicesError when the home may not be read.
    """
    place = Home.at(home)
    with readable_errors(place.path):
        pids = {"postgres": _pid(Postgres(place)), "valkey": _pid(Valkey(place))}
        reports = [_failure(place, name) for name in SERVER_NAMES if pids[name] is None]
        failures = tuple(filter(None, reports))
        return ServicesStatus(
            home=place.path,
            supervisor_pid=_supervisor_pid(place),
            postgres_pid=pids["postgres"],
            valkey_pid=pids["valkey"],
            postgres_version=read_text(place.postgres_data / "PG_VERSION") or None,
            held=locks.is_taken(place.holders_lock),
            failures=failures,
            log=place.log,
            log_tail=service_log.tail(place.log) if failures else (),
        )


def _pid(server: Postgres | Valkey) -> int | None:
    process = server.running()
    return None if process is None else process.pid


def _supervisor_pid(home: Home) -> int | None:
    alive = locks.has_owner(home.supervisor_lock)
    return processes.recorded_pid(home.supervisor_pid) if alive else None


def _failure(home: Home, name: ServerName) -> str | None:
    text = read_text(home.failure(name))
    return f"{name}: {'; '.join(text.splitlines())}" if text else None
