"""The supervisor logs how the processes ended that did not release their lease."""

import os
import signal
from pathlib import Path

import pytest

from embedded import lease_notes
from embedded.home_folder import HomeFolder
from embedded.lease import acquire
from tests.embedded.test_lease import (
    first_line,
    holder,
    home,
    is_quiet,
    kill,
    running,
    shared_home,
)
from tests.waiting import wait_until

__all__ = ["home", "shared_home"]  # fixtures


def read_log(home: Path) -> str:
    return HomeFolder.resolve(home).log_file.read_text()


def logged_end(home: Path, pid: int) -> str:
    lines = [
        line for line in read_log(home).splitlines() if f"lease_holder_ended pid={pid} " in line
    ]
    return lines[-1].partition(" ended=")[2] if lines else ""


def wait_until_noticed(home: Path, pid: int) -> None:
    """Wait until the supervisor has opened the note of a process."""
    folder = HomeFolder.resolve(home).lease_notes_folder
    wait_until(lambda: any(note.name.startswith(f"{pid}-") for note in folder.iterdir()))
    supervisor = running(home).supervisor_pid
    wait_until(lambda: f"pid:\t{pid}\n" in _pidfd_infos(supervisor).lower())


def _pidfd_infos(pid: int | None) -> str:
    folder = Path(f"/proc/{pid}/fdinfo")
    return "".join(each.read_text() for each in folder.iterdir() if each.exists())


@pytest.mark.skipif(not Path("/proc/self/fdinfo").exists(), reason="reads /proc of Linux")
def test_the_log_tells_how_a_killed_and_a_crashed_process_ended(home: Path) -> None:
    with holder(home) as killed, holder(home) as crashed, acquire(home):
        for each in (killed, crashed):
            assert first_line(each)
            wait_until_noticed(home, each.pid)
        kill(killed.pid)
        os.kill(crashed.pid, signal.SIGSEGV)
        wait_until(lambda: logged_end(home, killed.pid) == "signal 9 (Killed)")
        wait_until(lambda: logged_end(home, crashed.pid) == "signal 11 (Segmentation fault)")
    wait_until(lambda: is_quiet(home))
    assert f"lease_holder_ended pid={os.getpid()} " not in read_log(home)
    assert list(HomeFolder.resolve(home).lease_notes_folder.iterdir()) == []


def test_the_log_tells_how_a_server_ended(home: Path) -> None:
    with acquire(home, postgres=False):
        before = running(home).valkey_pid
        kill(before)
        wait_until(lambda: running(home).valkey_pid not in (None, before))
    assert f"server=valkey pid={before} ended=signal 9 (Killed)" in read_log(home).replace("'", "")


@pytest.mark.parametrize(
    ("status", "text"),
    [(0, "status 0"), (3, "status 3"), (-11, "signal 11 (Segmentation fault)")],
)
def test_an_exit_is_described_by_status_or_signal(status: int, text: str) -> None:
    assert lease_notes.describe_exit(status) == text
