"""The process that keeps the servers of a home up, for as long as anybody holds a lease.

    python -m embedded.supervisor HOME

It imports only the standard library and psutil, so that it starts quickly.
"""

import os
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Protocol

import psutil

from embedded import locks, processes, service_log
from embedded.home_folder import (
    SERVER_NAMES,
    EmbeddedServicesError,
    Home,
    ServerName,
    readable_errors,
    replace_text,
)
from embedded.postgres import Postgres
from embedded.valkey import Valkey

ALREADY_SUPERVISED = 3  # exit status

_POLL_S = 0.2
_STOP_PATIENCE_S = 15.0
_HEALTHY_AFTER_S = 10.0  # a server that lived this long did start
_LONGEST_DELAY_S = 5.0
_SOCKET_PATIENCE_S = 5.0  # far more than a server needs to make its socket
_CRASHES_TO_REPORT = 3  # fewer are retried in silence
_LOCK_PATIENCE_S = 2.0  # a reader of the status may hold a lock for an instant


class Server(Protocol):
    """What the supervisor needs to know of a server."""

    name: ServerName
    stop_signal: signal.Signals
    socket_name: str
    loud_words: tuple[str, ...]  # mark the lines in which it complains

    def running(self) -> psutil.Process | None:
        """Find the server that an earlier supervisor left."""

    def launch(self) -> psutil.Process:
        """Start the server, without waiting until it answers."""


@dataclass
class Watch:
    """One server's process, started again whenever it dies."""

    home: Home
    server: Server
    process: psutil.Process | None = None
    _since: float = field(default_factory=time.monotonic)
    _next_try: float = 0.0
    _failures: int = 0
    _healthy: bool = False
    _socket_seen: float = field(default_factory=time.monotonic)

    def adopt(self) -> None:
        """Take over the server that an earlier supervisor left."""
        self.process = self.server.running()
        if self.process is not None:
            service_log.record("server_adopted", server=self.server.name, pid=self.process.pid)

    def look(self) -> None:
        """Take note of what happened since the last look, and start what is not running."""
        if self.process is not None and processes.has_ended(self.process):
            self._note_end(self.process)
        if self.process is None and time.monotonic() >= self._next_try:
            self._launch()
        if self.process is not None:
            self._check_socket(self.process)
            self._note_health()

    def _launch(self) -> None:
        try:
            with readable_errors(self.home.path):
                self.process = self.server.launch()
        except EmbeddedServicesError as error:
            self._delay()
            self._report(error.reason, error.mend)
            return
        self._since = self._socket_seen = time.monotonic()
        service_log.record("server_started", server=self.server.name, pid=self.process.pid)

    def _note_end(self, process: psutil.Process) -> None:
        self.process, self._healthy = None, False
        service_log.record("server_ended", server=self.server.name, pid=process.pid)
        self._delay()
        if self._failures >= _CRASHES_TO_REPORT:
            complaint = service_log.last_complaint(self.home.log, *self.server.loud_words)
            self._report(f"{self.server.name} does not start: {complaint}", f"see {self.home.log}")

    def _delay(self) -> None:
        self._next_try = time.monotonic() + min(_POLL_S * 2**self._failures, _LONGEST_DELAY_S)
        self._failures += 1

    def _report(self, reason: str, mend: str) -> None:
        service_log.record("server_failed", server=self.server.name, reason=reason)
        one_line = " ".join(reason.split())
        replace_text(self.home.failure(self.server.name), f"{one_line}\n{mend}")

    def _check_socket(self, process: psutil.Process) -> None:
        """Stop a server whose socket was swept away, as cleaners of /tmp do: it serves nobody."""
        folder = self.home.socket_folder()
        now = time.monotonic()
        if folder is not None and (folder / self.server.socket_name).exists():
            self._socket_seen = now
        elif now - self._socket_seen > _SOCKET_PATIENCE_S:
            service_log.record("socket_lost", server=self.server.name, pid=process.pid)
            processes.send(process, self.server.stop_signal)
            self._socket_seen = now

    def _note_health(self) -> None:
        if not self._healthy and time.monotonic() - self._since > _HEALTHY_AFTER_S:
            self._healthy, self._failures = True, 0
            self.home.failure(self.server.name).unlink(missing_ok=True)


class Supervisor:
    """Runs the wanted servers of a home until nobody holds a lease, or until SIGTERM."""

    def __init__(self, home: Home, lock: locks.Lock) -> None:
        self.home = home
        self.lock = lock  # the supervisor's own
        self.watches = [Watch(home, Postgres(home)), Watch(home, Valkey(home))]
        self._told_to_stop = False

    def run(self) -> None:
        """Return when all servers have stopped."""
        signal.signal(signal.SIGTERM, self._on_sigterm)
        replace_text(self.home.supervisor_pid, str(os.getpid()))
        for watch in self.watches:
            watch.adopt()
        try:
            while not (self._told_to_stop or self._nobody_left()):
                self._look()
                time.sleep(_POLL_S)
        finally:
            self._stop()

    def _look(self) -> None:
        for watch in self.watches:
            wanted = self.home.wish(watch.server.name).exists()
            if wanted or watch.process is not None:
                watch.look()

    def _nobody_left(self) -> bool:
        """Tell whether the last lease is gone; then keep new ones out until this process ends."""
        if not self.lock.is_in_place():  # the home was removed
            return True
        if locks.is_taken(self.home.holders_lock):
            return False
        joining = locks.take(self.home.start_lock)
        if joining is None:
            return False
        if locks.is_taken(self.home.holders_lock):
            joining.release()
            return False
        return True

    def _stop(self) -> None:
        if self._told_to_stop and self.lock.is_in_place():
            locks.wait_for(self.home.start_lock, timeout_s=_LOCK_PATIENCE_S)
        running = [watch.process for watch in self.watches if watch.process is not None]
        for watch in self.watches:
            if watch.process is not None:
                processes.send(watch.process, watch.server.stop_signal)
        _wait_or_kill(running)
        if self.lock.is_in_place():
            self._tidy()
        service_log.record("supervisor_stopped", told=self._told_to_stop)

    def _tidy(self) -> None:
        folder = self.home.socket_folder()
        notes = [self.home.wish(name) for name in SERVER_NAMES]
        for note in (*notes, self.home.socket_folder_note, self.home.supervisor_pid):
            note.unlink(missing_ok=True)
        if folder is not None:
            _remove_empty(folder)

    def _on_sigterm(self, _signal: int, _frame: FrameType | None) -> None:
        self._told_to_stop = True


def _wait_or_kill(servers: list[psutil.Process]) -> None:
    stubborn = processes.survivors(servers, timeout_s=_STOP_PATIENCE_S)
    if stubborn:
        service_log.record("servers_killed", pids=[process.pid for process in stubborn])
        processes.kill(stubborn)


def _remove_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError as error:  # a killed server leaves its socket: the next start removes it
        service_log.record("socket_folder_kept", reason=error)


def main(home: Home) -> int:
    """Take the lock, then leave the caller: it returns when the lock is surely held."""
    lock = locks.wait_for(home.supervisor_lock, timeout_s=_LOCK_PATIENCE_S)
    if lock is None:
        return ALREADY_SUPERVISED
    if os.fork():
        return 0
    os.setsid()
    os.umask(0o077)
    service_log.record("supervisor_started", pid=os.getpid(), home=home.path)
    Supervisor(home, lock).run()
    lock.release()
    return 0


if __name__ == "__main__":
    sys.exit(main(Home.at(Path(sys.argv[1]))))
