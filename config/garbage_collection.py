"""Garbage collection between bytecodes on CPython before 3.12, as 3.12 and later do it.

Up to 3.11 the collector may start wherever an object is allocated, also while another object's
attributes are being turned into its `__dict__` (see `db.orm_states` for what that can corrupt). Its
callbacks, or another thread that runs meanwhile, may then use that object. So automatic collection
is switched off, and a thread collects about as often as it would have happened by itself.
"""

import atexit
import gc
import os
import sys
import threading
import time

BUSY_INTERVAL_S, IDLE_INTERVAL_S = 0.01, 0.2  # between two checks
MAX_FULL_COLLECTION_SHARE = 0.02  # of the time, for collections of every generation


def collect_between_bytecodes() -> None:
    """Collect on a thread from now on, in forked processes too; repeated calls do nothing."""
    if sys.version_info >= (3, 12) or not gc.isenabled():
        return
    gc.disable()
    atexit.register(gc.enable)
    os.register_at_fork(after_in_child=_start_thread)
    _start_thread()


def _start_thread() -> None:
    threading.Thread(target=_run, name="collect-garbage", daemon=True).start()


def _run() -> None:
    interval_s, next_full = BUSY_INTERVAL_S, 0.0
    while True:
        time.sleep(interval_s)
        generation = _due_generation(full=time.monotonic() >= next_full)
        if generation is None:
            interval_s = min(2 * interval_s, IDLE_INTERVAL_S)
            continue
        interval_s = BUSY_INTERVAL_S
        start = time.monotonic()
        gc.collect(generation)
        if generation == 2:
            end = time.monotonic()
            next_full = end + (end - start) / MAX_FULL_COLLECTION_SHARE


def _due_generation(*, full: bool) -> int | None:
    """Return the generation to collect, or None while too little was allocated."""
    counts, limits = gc.get_count(), gc.get_threshold()
    if counts[0] <= limits[0]:
        return None
    if counts[1] <= limits[1]:
        return 0
    return 2 if full and counts[2] > limits[2] else 1
