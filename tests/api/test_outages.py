"""What dies and comes back: real processes under a home of their own."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from embedded.status import read_status
from tests.rasika_process import (
    PROJECT_FOLDER,
    RasikaProcess,
    cause_outage,
    kill_process,
)
from tests.waiting import wait_until

SEARCH_PATH = "/api/search?q=man+reborn+as+a+housefly"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seeded by the first who serves it."""
    return tmp_path_factory.mktemp("faults") / "home"


@pytest.fixture
def service(home: Path) -> Iterator[RasikaProcess]:
    made = RasikaProcess(home)
    with made.running():
        yield made
    wait_until(lambda: not made.processes(), within_s=30)


@contextmanager
def continuous_searches(service: RasikaProcess) -> Iterator[list[int]]:
    """Search again and again; gives the statuses of the answers."""
    statuses: list[int] = []
    done = threading.Event()

    def search() -> None:
        while not done.is_set():
            statuses.append(service.get(SEARCH_PATH).status_code)

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


def test_searches_go_on_while_postgresql_is_gone_and_everything_heals(
    service: RasikaProcess,
) -> None:
    (eega,) = service.get(f"{SEARCH_PATH}&limit=1").json()["items"]
    details = f"/api/content/{eega['id']}/details"
    before = service.get(details).json()
    with continuous_searches(service) as statuses:
        mend = cause_outage(service.home, "postgres/data/postmaster.pid")
        try:
            wait_until(lambda: service.readiness() == ("unready", {"postgres"}), within_s=20)
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


def test_a_lost_valkey_degrades_and_heals(service: RasikaProcess) -> None:
    with continuous_searches(service) as statuses:
        valkey = read_status(service.home).valkey_pid
        supervisor = read_status(service.home).supervisor_pid
        assert supervisor is not None
        os.kill(supervisor, signal.SIGSTOP)
        try:
            kill_process(valkey)
            wait_until(lambda: service.readiness() == ("degraded", {"redis"}), within_s=20)
            assert service.get("/readyz").status_code == 200
        finally:
            os.kill(supervisor, signal.SIGCONT)
        wait_until(lambda: service.readiness() == ("ready", set()), within_s=20)
    assert set(statuses) == {200}


def test_after_a_killed_api_the_next_one_serves_the_same(service: RasikaProcess) -> None:
    before = service.get(SEARCH_PATH).json()
    service.kill()
    service.start()
    service.wait_until_ready()
    assert service.get(SEARCH_PATH).json() == before


def test_sigterm_stops_everything(service: RasikaProcess) -> None:
    working = service.processes()
    named = " ".join(process.name() for process in working)
    assert "postgres" in named
    assert "valkey" in named
    assert service.stop() == 0
    wait_until(lambda: not service.processes(), within_s=20)
    assert all(has_ended(process) for process in working)


def test_a_port_that_is_taken_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        second = subprocess.run(
            [sys.executable, "-m", "scripts.cli", "serve", "--port", port],
            cwd=tmp_path,
            env={
                **os.environ,
                "RASIKA_HOME": str(tmp_path / "home"),
                "PYTHONPATH": str(PROJECT_FOLDER),
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert second.returncode == 1
    complaints = [line for line in second.stderr.splitlines() if "rasika:" in line]
    assert len(complaints) == 1
    assert port in complaints[0]
    assert "Traceback" not in second.stderr
    assert not (tmp_path / "home").exists()  # nothing was started
