"""Keeping something in step with the change log, on a thread."""

from typing import Protocol

import structlog

from db.engine import OUTAGES, first_line
from index.query import IndexUnavailable
from runtime.background import BackgroundLoop
from runtime.change_listener import POLL_INTERVAL_S, ChangeListener

MIN_ROUND_INTERVAL_S = 0.05  # between two rounds: each clears the cached results
STOP_TIMEOUT_S = 30.0  # for the current round
RETRY_INTERVAL_S = 1.0  # while PostgreSQL or an engine is unavailable

log = structlog.get_logger()


class SyncTarget(Protocol):
    """What is kept in step."""

    has_pending_changes: bool  # committed, but behind transactions that still run

    def catch_up(self) -> int:
        """Apply what changed; return the number of titles."""
        ...


class CannotApplyChanges(RuntimeError):
    """The changes cannot be applied now; they may be later."""


class Follower:
    """Applies changes when PostgreSQL notifies; also polls, in case a notification was lost."""

    def __init__(self, name: str, target: SyncTarget, listener: ChangeListener) -> None:
        self._name = name
        self._target = target
        self._listener = listener
        self._is_failing = False
        self._loop = BackgroundLoop(
            f"follow-{name}", self._follow, min_interval_s=MIN_ROUND_INTERVAL_S
        )
        listener.subscribe(self._loop.wake_event)

    def start(self) -> None:
        """Follow on a thread."""
        self._loop.start()

    def stop(self) -> None:
        """Stop after the current round."""
        self._loop.stop(STOP_TIMEOUT_S)

    def _follow(self) -> float:
        try:
            self._target.catch_up()
        except (*OUTAGES, IndexUnavailable, CannotApplyChanges) as error:
            if not self._is_failing:
                log.warning("changes_not_followed", what=self._name, error=first_line(error))
            self._is_failing = True
            return RETRY_INTERVAL_S
        self._is_failing = False
        if self._target.has_pending_changes:
            return POLL_INTERVAL_S
        return self._listener.poll_interval_s
