"""The process that keeps the servers of a home running while any process holds a lease.

    python -m embedded.supervisor HOME

It imports only the standard library and psutil, so that it starts quickly.
"""

import faulthandler
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Protocol

import psutil

from embedded import lease_notes, locks, processes, service_log
from embedded.home_folder import (
    SERVER_NAMES,
    EmbeddedServicesError,
    HomeFolder,
    ServerName,
    translate_os_errors,
    write_text_atomically,
)
from embedded.postgres import PostgresServer
from embedded.valkey import ValkeyServer

EXIT_ALREADY_SUPERVISED = 3  # exit status

_POLL_INTERVAL_S = 0.2
_STOP_TIMEOUT_S = 15.0
_HEALTHY_AFTER_S = 10.0  # a server that lived this long has started
_MAX_RESTART_DELAY_S = 5.0
_SOCKET_TIMEOUT_S = 5.0  # far more than a server needs to create its socket
_MIN_CRASHES_TO_REPORT = 3  # fewer are retried silently
_LOCK_TIMEOUT_S = 2.0  # a reader of the status may hold a lock for an instant


class Server(Protocol):
    """What the supervisor needs of a server."""

    name: ServerName
    stop_signal: signal.Signals
    socket_name: str
    error_markers: tuple[str, ...]  # of its error lines in the log

    def find_running(self) -> psutil.Process | None:
        """Find the server that an earlier supervisor left."""

    def launch(self) -> psutil.Process:
        """Start the server, without waiting until it answers."""


@dataclass
class SupervisedServer:
    """One server's process, started again whenever it dies."""

    home: HomeFolder
    server: Server
    process: psutil.Process | None = None
    _started_at: float = field(default_factory=time.monotonic)
    _next_start_at: float = 0.0
    _failures: int = 0
    _healthy: bool = False
    _socket_seen_at: float = field(default_factory=time.monotonic)

    def adopt(self) -> None:
        """Take over the server that an earlier supervisor left."""
        self.process = self.server.find_running()
        if self.process is not None:
            service_log.log_event("server_adopted", server=self.server.name, pid=self.process.pid)

    def check(self) -> None:
        """Notice an exit, and start the server if it is not running."""
        if self.process is not None and processes.has_ended(self.process):
            self._handle_exit(self.process)
        if self.process is None and time.monotonic() >= self._next_start_at:
            self._launch()
        if self.process is not None:
            self._check_socket(self.process)
            self._update_health()

    def _launch(self) -> None:
        try:
            with translate_os_errors(self.home.path):
                self.process = self.server.launch()
        except EmbeddedServicesError as error:
            self._delay_restart()
            self._report_failure(error.reason, error.remedy)
            return
        self._started_at = self._socket_seen_at = time.monotonic()
        service_log.log_event("server_started", server=self.server.name, pid=self.process.pid)

    def _handle_exit(self, process: psutil.Process) -> None:
        self.process, self._healthy = None, False
        status = process.wait(timeout=0)  # known for a child, not for an adopted server
        ended = lease_notes.UNKNOWN_EXIT if status is None else lease_notes.describe_exit(status)
        service_log.log_event("server_ended", server=self.server.name, pid=process.pid, ended=ended)
        self._delay_restart()
        if self._failures >= _MIN_CRASHES_TO_REPORT:
            complaint = service_log.last_error_line(self.home.log_file, *self.server.error_markers)
            self._report_failure(
                f"{self.server.name} does not start: {complaint}", f"see {self.home.log_file}"
            )

    def _delay_restart(self) -> None:
        self._next_start_at = time.monotonic() + min(
            _POLL_INTERVAL_S * 2**self._failures, _MAX_RESTART_DELAY_S
        )
        self._failures += 1

    def _report_failure(self, reason: str, remedy: str) -> None:
        service_log.log_event("server_failed", server=self.server.name, reason=reason)
        one_line = " ".join(reason.split())
        write_text_atomically(self.home.failure_report(self.server.name), f"{one_line}\n{remedy}")

    def _check_socket(self, process: psutil.Process) -> None:
        """Restart a server whose socket was deleted, as cleaners of /tmp do."""
        folder = self.home.current_socket_folder()
        now = time.monotonic()
        if folder is not None and (folder / self.server.socket_name).exists():
            self._socket_seen_at = now
        elif now - self._socket_seen_at > _SOCKET_TIMEOUT_S:
            service_log.log_event("socket_lost", server=self.server.name, pid=process.pid)
            processes.send_signal(process, self.server.stop_signal)
            self._socket_seen_at = now

    def _update_health(self) -> None:
        if not self._healthy and time.monotonic() - self._started_at > _HEALTHY_AFTER_S:
            self._healthy, self._failures = True, 0
            self.home.failure_report(self.server.name).unlink(missing_ok=True)


class Supervisor:
    """Runs the requested servers of a home until the last lease is gone, or until SIGTERM."""

    def __init__(self, home: HomeFolder, lock: locks.FileLock) -> None:
        self.home = home
        self.lock = lock  # the supervisor's own
        self.supervised_servers = [
            SupervisedServer(home, PostgresServer(home)),
            SupervisedServer(home, ValkeyServer(home)),
        ]
        self.lease_notes = lease_notes.LeaseNotes(home.lease_notes_folder)
        self._stop_requested = False

    def run(self) -> None:
        """Return when all servers have stopped."""
        signal.signal(signal.SIGTERM, self._on_sigterm)
        write_text_atomically(self.home.supervisor_pid_file, str(os.getpid()))
        for watch in self.supervised_servers:
            watch.adopt()
        try:
            while not (self._stop_requested or self._has_no_lease()):
                self._check_servers()
                time.sleep(_POLL_INTERVAL_S)
        finally:
            self._stop()

    def _check_servers(self) -> None:
        self.lease_notes.check()
        for watch in self.supervised_servers:
            requested = self.home.request_marker(watch.server.name).exists()
            if requested or watch.process is not None:
                watch.check()

    def _has_no_lease(self) -> bool:
        """Tell whether the last lease is gone; then keep new ones out until this process ends."""
        if not self.lock.is_in_place():  # the home was removed
            return True
        if locks.is_locked(self.home.lease_lock_file):
            return False
        joining = locks.try_acquire(self.home.start_lock_file)
        if joining is None:
            return False
        if locks.is_locked(self.home.lease_lock_file):
            joining.release()
            return False
        return True

    def _stop(self) -> None:
        if self._stop_requested and self.lock.is_in_place():
            locks.acquire(self.home.start_lock_file, timeout_s=_LOCK_TIMEOUT_S)
        running = [watch.process for watch in self.supervised_servers if watch.process is not None]
        for watch in self.supervised_servers:
            if watch.process is not None:
                processes.send_signal(watch.process, watch.server.stop_signal)
        _wait_or_kill(running)
        self.lease_notes.check()  # the last holder may have ended just before
        if self.lock.is_in_place():
            self._remove_markers()
        service_log.log_event("supervisor_stopped", by_signal=self._stop_requested)

    def _remove_markers(self) -> None:
        folder = self.home.current_socket_folder()
        notes = [self.home.request_marker(name) for name in SERVER_NAMES]
        for note in (*notes, self.home.socket_folder_file, self.home.supervisor_pid_file):
            note.unlink(missing_ok=True)
        if folder is not None:
            _remove_empty(folder)

    def _on_sigterm(self, _signal: int, _frame: FrameType | None) -> None:
        self._stop_requested = True


def _wait_or_kill(processes_to_stop: list[psutil.Process]) -> None:
    stubborn = processes.wait_for_exit(processes_to_stop, timeout_s=_STOP_TIMEOUT_S)
    if stubborn:
        service_log.log_event("servers_killed", pids=[process.pid for process in stubborn])
        processes.kill_process_trees(stubborn)


def _remove_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError as error:  # a killed server leaves its socket: the next start removes it
        service_log.log_event("socket_folder_not_removed", reason=error)


def main(home: HomeFolder) -> int:
    """Take the lock, then detach; the caller returns once the lock is held."""
    lock = locks.acquire(home.supervisor_lock_file, timeout_s=_LOCK_TIMEOUT_S)
    if lock is None:
        return EXIT_ALREADY_SUPERVISED
    if os.fork():
        return 0
    os.setsid()
    os.umask(0o077)
    faulthandler.enable()
    service_log.log_event("supervisor_started", pid=os.getpid(), home=home.path)
    Supervisor(home, lock).run()
    lock.release()
    return 0


if __name__ == "__main__":
    sys.exit(main(HomeFolder.resolve(Path(sys.argv[1]))))
