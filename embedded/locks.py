"""Kernel locks on files: they end with their process, also by `kill -9`."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_POLL_INTERVAL_S = 0.02


@dataclass
class FileLock:
    """A held lock; a forked child shares it, and it is free when all of them have released it."""

    _descriptor: int | None
    _path: Path

    def is_in_place(self) -> bool:
        """Tell whether the file still exists, so that other processes would meet this lock."""
        try:
            in_place = self._path.stat()
        except FileNotFoundError:
            return False
        return self._descriptor is not None and os.path.samestat(
            in_place, os.fstat(self._descriptor)
        )

    def release(self) -> None:
        """Close instead of unlock, so that a forked child keeps its share."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def try_acquire(path: Path, *, shared: bool = False) -> FileLock | None:
    """Try to take the lock; None when others hold it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return FileLock(descriptor, path)


def acquire(path: Path, *, timeout_s: float, shared: bool = False) -> FileLock | None:
    """Take the lock as soon as it is free; None when it is not in time."""
    deadline = time.monotonic() + timeout_s
    while (lock := try_acquire(path, shared=shared)) is None:
        if time.monotonic() >= deadline:
            return None
        time.sleep(_POLL_INTERVAL_S)
    return lock


@contextmanager
def hold(path: Path, *, timeout_s: float) -> Iterator[None]:
    """Hold the lock for a block.

    Raises: TimeoutError when others keep it for longer than the timeout.
    """
    lock = acquire(path, timeout_s=timeout_s)
    if lock is None:
        raise TimeoutError(f"{path} is still locked after {timeout_s:.0f} s")
    try:
        yield
    finally:
        lock.release()


def is_locked(path: Path) -> bool:
    """Tell whether any process holds it, shared or not; creates no file."""
    return path.exists() and not _can_acquire(path, shared=False)


def is_locked_exclusively(path: Path) -> bool:
    """Tell whether a process holds it exclusively; concurrent probes do not disturb each other."""
    return path.exists() and not _can_acquire(path, shared=True)


def _can_acquire(path: Path, *, shared: bool) -> bool:
    lock = try_acquire(path, shared=shared)
    if lock is not None:
        lock.release()
    return lock is not None
