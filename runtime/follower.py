"""Keeping something in step with the change log, on a thread."""

import threading
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from index.query import IndexUnavailable
from runtime.change_listener import POLL_INTERVAL_S, ChangeListener

MIN_ROUND_INTERVAL_S = (
    0.05  # between two rounds, however often it rings: each makes answers be forgotten
)
STOP_TIMEOUT_S = 30.0  # of a round; one that waits for a frozen server is left behind
RETRY_INTERVAL_S = 1.0  # after PostgreSQL or an engine did not answer

log = structlog.get_logger()


class SyncTarget(Protocol):
    """What is kept in step."""

    has_pending_changes: bool  # for transactions that are still running, and whose end nobody tells

    def catch_up(self) -> int:
        """Apply what changed; return the number of titles."""
        ...


class CannotApplyChanges(RuntimeError):
    """What changed cannot be applied as it is; it may be later."""


class Follower:
    """Has changes applied when the bell rings, and by the clock where it may have been missed."""

    def __init__(self, name: str, target: SyncTarget, listener: ChangeListener) -> None:
        self._name = name
        self._target = target
        self._listener = listener
        self._stop_event = threading.Event()
        self._wake_event = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"follow-{name}", daemon=True)
        listener.subscribe(self._wake_event)

    def start(self) -> None:
        """Follow on a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, after the round that is under way."""
        self._stop_event.set()
        self._wake_event.set()
        if self._thread.is_alive():
            self._thread.join(STOP_TIMEOUT_S)

    def _run(self) -> None:
        failed = False
        while not self._stop_event.is_set():
            try:
                self._target.catch_up()
                failed = False
            except (SQLAlchemyError, IndexUnavailable, CannotApplyChanges) as error:
                if not failed:
                    log.warning("changes_not_followed", what=self._name, error=str(error))
                failed = True
            self._stop_event.wait(RETRY_INTERVAL_S if failed else MIN_ROUND_INTERVAL_S)
            if not failed:
                waiting = self._target.has_pending_changes
                self._wake_event.wait(
                    POLL_INTERVAL_S if waiting else self._listener.poll_interval_s
                )
            self._wake_event.clear()
