"""The processes of a folder, and whether they still run."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil

from embedded.service_log import log_event


def has_ended(process: psutil.Process) -> bool:
    """Tell whether it is gone or a zombie; reap it when it is our child."""
    try:
        process.wait(timeout=0)
    except psutil.TimeoutExpired:
        return not process.is_running() or _status(process) == psutil.STATUS_ZOMBIE
    return True


def find_by_pid_file(pid_file: Path, program: str, argument: str) -> psutil.Process | None:
    """Find the process that a pid file names, if it is that program with that argument.

    Read from the command line: that of another user's process is readable without privileges.
    """
    pid = read_pid(pid_file)
    if pid is None:
        return None
    try:
        process = psutil.Process(pid)
        words = process.cmdline()
    except psutil.NoSuchProcess:
        return None
    ours = len(words) > 1 and Path(words[0]).name == program and argument in words
    return process if ours else None


def read_pid(pid_file: Path) -> int | None:
    """Read the first line of a pid file, if it is there and holds a pid."""
    try:
        first = pid_file.read_text().partition("\n")[0]
    except (FileNotFoundError, PermissionError):
        return None
    return int(first) if first.strip().isdigit() and int(first) > 0 else None


def find_by_name(*programs: str, uid: int) -> Iterator[psutil.Process]:
    """Find the living processes of a user that run one of the programs."""
    for process in psutil.process_iter(["name", "uids", "status"]):
        seen = process.info
        alive = seen["status"] != psutil.STATUS_ZOMBIE
        if seen["name"] in programs and seen["uids"].real == uid and alive:
            yield process


def working_folder(process: psutil.Process) -> Path | None:
    """Return the working folder of a process; None when it is gone or may not be inspected."""
    try:
        return Path(process.cwd())
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None


def clear_leftovers(
    find_leftovers: Callable[[], Sequence[psutil.Process]], *, timeout_s: float
) -> None:
    """Wait until there are no leftovers; kill those that stay too long."""
    deadline = time.monotonic() + timeout_s
    while (leftovers := find_leftovers()) and time.monotonic() < deadline:
        time.sleep(0.1)
    if leftovers:
        log_event("leftovers_killed", pids=[process.pid for process in leftovers])
        kill_process_trees(leftovers)


def send_signal(process: psutil.Process, signal_number: int) -> None:
    """Signal a process, which may be gone."""
    try:
        process.send_signal(signal_number)
    except psutil.NoSuchProcess:
        return


def kill_process_trees(processes: Sequence[psutil.Process]) -> None:
    """Kill the processes and their descendants, and wait until they are gone."""
    targets = [member for process in processes for member in (*_children(process), process)]
    for process in targets:
        send_signal(process, 9)
    wait_for_exit(targets, timeout_s=5)


def wait_for_exit(processes: Sequence[psutil.Process], *, timeout_s: float) -> list[psutil.Process]:
    """Wait for the end of processes; a zombie, as a lax PID 1 leaves them, has ended."""
    deadline = time.monotonic() + timeout_s
    remaining = list(processes)
    while remaining := [process for process in remaining if not has_ended(process)]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.02)
    return remaining


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _status(process: psutil.Process) -> str:
    try:
        return process.status()
    except psutil.NoSuchProcess:
        return psutil.STATUS_ZOMBIE
