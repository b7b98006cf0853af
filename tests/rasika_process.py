"""`rasika serve` as a process, and what can befall it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from embedded.status import read_status
from tests.waiting import wait_until

PROJECT_FOLDER = Path(__file__).resolve().parents[1]


def free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])


@dataclass
class RasikaProcess:
    """`rasika serve` on a home, and a client of it."""

    home: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        given = {"RASIKA_HOME": str(self.home), "PYTHONPATH": str(PROJECT_FOLDER)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scripts.cli", "serve", "--port", str(self.port)],
            cwd=self.home.parent,
            env={**os.environ, **given, **self.settings},
            stderr=subprocess.DEVNULL,
        )

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start it, wait until it is ready, and stop it afterwards, however it went."""
        self.start()
        try:
            self.wait_until_ready()
            yield
        finally:
            if self.process is not None and self.process.poll() is None:
                self.stop()

    def wait_until_ready(self) -> None:
        wait_until(lambda: self.readiness()[0] == "ready", within_s=60)

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.address}{path}", timeout=10)

    def readiness(self) -> tuple[str, set[str]]:
        """Return the status and the names of what is down."""
        try:
            answer: dict[str, Any] = self.get("/readyz").json()
        except httpx.TransportError:
            return "silent", set()
        return answer["status"], {each["name"] for each in answer["checks"] if not each["ok"]}

    def processes(self) -> list[psutil.Process]:
        """Return every process that works for the home."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                told = [*process.cmdline(), process.environ().get("RASIKA_HOME", "")]
                if any(str(self.home) in part for part in told):
                    found.append(process)
        return found

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(30)

    def kill(self) -> None:
        """Kill it so that it can do nothing more."""
        assert self.process is not None
        kill_process(self.process.pid)
        self.process.wait()


def kill_process(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def kill_postgres(home: Path) -> None:
    """Kill the database server and all that it is doing; its supervisor starts another one."""
    server = psutil.Process(int((home / "postgres/data/postmaster.pid").read_text().split()[0]))
    for each in (server, *server.children()):
        with suppress(psutil.NoSuchProcess):
            each.kill()


def cause_outage(home: Path, server: str) -> Callable[[], None]:
    """Stop the supervisor from mending, so that the outage lasts; give what lets it go on."""
    supervisor = read_status(home).supervisor_pid
    assert supervisor is not None
    os.kill(supervisor, signal.SIGSTOP)
    kill_process(int((home / server).read_text().split()[0]))
    return lambda: os.kill(supervisor, signal.SIGCONT)
