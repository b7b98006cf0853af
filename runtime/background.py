"""Threads that repeat a step until they are stopped, and survive unexpected errors."""

import threading
from collections.abc import Callable

import structlog
from prometheus_client import Counter

RETRY_RANGE_S = (1.0, 60.0)  # after unexpected errors, doubled each time
STOP_TIMEOUT_S = 5.0  # longer than any statement may take; the thread is abandoned after it

BACKGROUND_FAILURES = Counter(
    "rasika_background_failures_total",
    "Unexpected errors of background loops, by loop",
    ["loop"],
    registry=None,  # of the process; every application's registry shows it
)

log = structlog.get_logger()


def report_failure(loop: str) -> None:
    """Log the exception being handled, and count it."""
    log.exception("background_step_failed", loop=loop)
    BACKGROUND_FAILURES.labels(loop).inc()


class BackgroundLoop:
    """Runs a step on a daemon thread.

    The step returns in how many seconds it is due again; setting `wake_event` makes it due at once,
    but not before `min_interval_s` have passed. After an unexpected exception it is logged and
    counted, and the step is repeated with growing delays.
    """

    def __init__(
        self, name: str, step: Callable[[], float], *, min_interval_s: float = 0.0
    ) -> None:
        self.wake_event = threading.Event()
        self._name = name
        self._step = step
        self._min_interval_s = min_interval_s
        self._stop_event = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Run the step now, and whenever it is due."""
        self._thread.start()

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Stop after the current step, or leave the thread behind if that takes too long."""
        self._stop_event.set()
        self.wake_event.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        retry_s, max_retry_s = RETRY_RANGE_S
        while True:
            try:
                delay_s = self._step()
                retry_s = RETRY_RANGE_S[0]
            except Exception:
                report_failure(self._name)
                self._stop_event.wait(retry_s)
                delay_s, retry_s = 0.0, min(2 * retry_s, max_retry_s)
            self._stop_event.wait(self._min_interval_s)
            self.wake_event.wait(delay_s)
            self.wake_event.clear()
            if self._stop_event.is_set():
                return
