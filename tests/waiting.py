"""Waiting for something that happens in another thread or process."""

import time
from collections.abc import Callable

WAIT_TIMEOUT_S = 60.0  # PostgreSQL may have to start again, on a busy machine
CHECK_INTERVAL_S = 0.02


def wait_until(condition: Callable[[], object], *, within_s: float = WAIT_TIMEOUT_S) -> None:
    """Return as soon as a condition holds; fail when it does not hold in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"the condition did not hold within {within_s:g} s"
        time.sleep(CHECK_INTERVAL_S)
