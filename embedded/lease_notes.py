"""A note for each process that holds a lease, from which the supervisor learns how it ended.

A process deletes its note when it releases its lease. One that left its note was killed or
crashed: it could not log that itself, and only its parent received the exit status.
"""

import fcntl
import os
import signal
import struct
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from embedded import processes, service_log

UNKNOWN_EXIT = "unknown"
_CLOCK_TOLERANCE_S = 2.0  # between the start of a process and the time of its note

# Linux 6.15 and later tell the exit status to every holder of a pidfd (linux/pidfd.h).
_PIDFD_INFO = struct.Struct("=QQ11Ii")  # struct pidfd_info: the mask first, the exit code last
_PIDFD_INFO_EXIT = 1 << 3
_PIDFD_GET_INFO = 3 << 30 | _PIDFD_INFO.size << 16 | 0xFF << 8 | 11


def write_note(folder: Path) -> Path:
    """Write the note of this process, naming its program and command, and return the file."""
    note = folder / f"{os.getpid()}-{time.monotonic_ns()}"
    note.write_text(" ".join([Path(sys.argv[0]).name, *sys.argv[1:2]]))
    return note


def describe_exit(status: int) -> str:
    """Describe an exit status, or a signal given as a negative number."""
    if status >= 0:
        return f"status {status}"
    return f"signal {-status} ({signal.strsignal(-status)})"


@dataclass
class _LeaseHolder:
    note: Path
    program: str
    process: psutil.Process | None  # none: it ended before the supervisor looked
    pidfd: int | None = None
    oom_kills_before: int = field(default_factory=lambda: _count_oom_kills())

    def has_ended(self) -> bool:
        return self.process is None or processes.has_ended(self.process)

    def close(self) -> None:
        if self.pidfd is not None:
            os.close(self.pidfd)
            self.pidfd = None


class LeaseNotes:
    """The processes that hold a lease of a home, as the supervisor sees them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._holders: dict[Path, _LeaseHolder] = {}

    def check(self) -> None:
        """Notice new holders, and log how those ended that left their note behind."""
        for note in self._list_notes():
            if note not in self._holders and (holder := _open_holder(note)) is not None:
                self._holders[note] = holder
        for note, holder in list(self._holders.items()):
            ended = holder.has_ended()  # before the note is looked for: releasing comes first
            if ended and note.exists():
                _log_end(holder)
                note.unlink(missing_ok=True)
            if ended or not note.exists():
                holder.close()
                del self._holders[note]

    def _list_notes(self) -> list[Path]:
        try:
            return sorted(self._folder.iterdir())
        except FileNotFoundError:  # the home was removed
            return []


def _open_holder(note: Path) -> _LeaseHolder | None:
    """Find the process of a note; none where the note is gone or is not one of ours."""
    pid = note.name.partition("-")[0]
    try:
        program, written_at = note.read_text(), note.stat().st_mtime
    except FileNotFoundError:
        return None
    if not pid.isdecimal():
        return None
    try:
        pidfd = os.pidfd_open(int(pid)) if hasattr(os, "pidfd_open") else None
    except OSError:
        pidfd = None
    try:
        process: psutil.Process | None = psutil.Process(int(pid))
        if process is not None and process.create_time() > written_at + _CLOCK_TOLERANCE_S:
            process = None  # another process got the number
    except psutil.NoSuchProcess:
        process = None
    return _LeaseHolder(note, program, process, pidfd)


def _log_end(holder: _LeaseHolder) -> None:
    pid = int(holder.note.name.partition("-")[0])
    wait_status = _read_wait_status(pid, holder.pidfd) if holder.process is not None else None
    ended = (
        UNKNOWN_EXIT
        if wait_status is None
        else describe_exit(os.waitstatus_to_exitcode(wait_status))
    )
    fields: dict[str, object] = {"pid": pid, "program": holder.program, "ended": ended}
    if (oom_kills := _count_oom_kills() - holder.oom_kills_before) > 0:
        fields["oom_kills"] = oom_kills  # on this machine; perhaps this process
    service_log.log_event("lease_holder_ended", **fields)


def _read_wait_status(pid: int, pidfd: int | None) -> int | None:
    """Return the status that the parent of an ended process receives, where it can be read."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        if fields[0] == "Z":  # its parent has not waited for it yet
            return int(fields[-1])
    except OSError:
        pass  # the process is gone, or there is no /proc
    if pidfd is None:
        return None
    info = bytearray(_PIDFD_INFO.pack(_PIDFD_INFO_EXIT, *[0] * 13))
    try:
        fcntl.ioctl(pidfd, _PIDFD_GET_INFO, info)
    except OSError:  # an older Linux
        return None
    mask, *_, exit_code = _PIDFD_INFO.unpack(info)
    return int(exit_code) if mask & _PIDFD_INFO_EXIT else None


def _count_oom_kills() -> int:
    """Return how many processes Linux has killed since it started because memory ran out."""
    try:
        lines = Path("/proc/vmstat").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)
