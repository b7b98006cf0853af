"""What dies and comes back: real processes under a home of their own."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from wiring.embedded.status import status

PROJECT = Path(__file__).resolve().parents[2]
SEARCH = "/api/search?q=man+reborn+as+a+housefly"


def wait_until(condition: Callable[[], object], *, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])


@dataclass
class Service:
    """`rasika serve` on a home, and a client of it."""

    home: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scripts.cli", "serve", "--port", str(self.port)],
            cwd=self.home.parent,
            env={**os.environ, "RASIKA_HOME": str(self.home), "PYTHONPATH": str(PROJECT)},
            stderr=subprocess.DEVNULL,
        )

    def wait_until_ready(self) -> None:
        wait_until(lambda: self.readiness()[0] == "ready", within_s=60)

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=10)

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


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seeded by the first who serves it."""
    return tmp_path_factory.mktemp("faults") / "home"


@pytest.fixture
def service(home: Path) -> Iterator[Service]:
    made = Service(home)
    made.start()
    made.wait_until_ready()
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop()
    wait_until(lambda: not made.processes(), within_s=30)


@contextmanager
def searching(service: Service) -> Iterator[list[int]]:
    """Search again and again; gives the statuses of the answers."""
    statuses: list[int] = []
    done = threading.Event()

    def search() -> None:
        while not done.is_set():
            statuses.append(service.get(SEARCH).status_code)

    clients = [threading.Thread(target=search) for _ in range(2)]
    for client in clients:
        client.start()
    try:
        yield statuses
    finally:
        done.set()
        for client in clients:
            client.join()


def has_ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def kill(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def hold_down(home: Path, server: str) -> Callable[[], None]:
    """Stop the supervisor from mending, so that the outage lasts; give what lets it go on."""
    supervisor = status(home).supervisor_pid
    assert supervisor is not None
    os.kill(supervisor, signal.SIGSTOP)
    kill(int((home / server).read_text().split()[0]))
    return lambda: os.kill(supervisor, signal.SIGCONT)


def test_searches_go_on_while_postgresql_is_gone_and_everything_heals(service: Service) -> None:
    (eega,) = service.get(f"{SEARCH}&limit=1").json()["items"]
    details = f"/api/content/{eega['id']}/details"
    before = service.get(details).json()
    with searching(service) as statuses:
        mend = hold_down(service.home, "postgres/data/postmaster.pid")
        try:
            wait_until(lambda: service.readiness() == ("unready", {"postgres"}), within_s=5)
            assert service.get("/readyz").status_code == 503
            refused = service.get(details)
            assert refused.status_code == 503
            assert refused.headers["content-type"] == "application/problem+json"
            assert int(refused.headers["retry-after"]) > 0
            assert service.get("/livez").status_code == 200
        finally:
            mend()
        wait_until(lambda: service.readiness() == ("ready", set()), within_s=20)
    assert set(statuses) == {200}
    assert len(statuses) > 20
    assert service.get(details).json() == before


def test_a_lost_valkey_degrades_and_heals(service: Service) -> None:
    with searching(service) as statuses:
        valkey = status(service.home).valkey_pid
        supervisor = status(service.home).supervisor_pid
        assert supervisor is not None
        os.kill(supervisor, signal.SIGSTOP)
        try:
            kill(valkey)
            wait_until(lambda: service.readiness() == ("degraded", {"redis"}), within_s=5)
            assert service.get("/readyz").status_code == 200
        finally:
            os.kill(supervisor, signal.SIGCONT)
        wait_until(lambda: service.readiness() == ("ready", set()), within_s=20)
    assert set(statuses) == {200}


def test_after_a_killed_api_the_next_one_serves_the_same(service: Service) -> None:
    before = service.get(SEARCH).json()
    assert service.process is not None
    kill(service.process.pid)
    service.process.wait()
    service.start()
    service.wait_until_ready()
    assert service.get(SEARCH).json() == before


def test_sigterm_stops_everything(service: Service) -> None:
    working = service.processes()
    named = " ".join(process.name() for process in working)
    assert "postgres" in named
    assert "valkey" in named
    assert service.stop() == 0
    wait_until(lambda: not service.processes(), within_s=20)
    assert all(has_ended(process) for process in working)


def test_a_port_that_is_taken_is_told_in_one_line(service: Service) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "scripts.cli", "serve", "--port", str(service.port)],
        cwd=service.home.parent,
        env={**os.environ, "RASIKA_HOME": str(service.home), "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 1
    complaints = [line for line in second.stderr.splitlines() if "rasika:" in line]
    assert len(complaints) == 1
    assert str(service.port) in complaints[0]
    assert "Traceback" not in second.stderr
    assert service.readiness()[0] == "ready"
