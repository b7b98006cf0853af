"""Keeping something in step with the change log, on a thread."""

import threading
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from index.query import IndexUnavailable
from runtime.change_listener import POLL_S, Bell

PAUSE_S = 0.05  # between two rounds, however often it rings: each makes answers be forgotten
STOPPED_WITHIN_S = 30.0  # of a round; one that waits for a frozen server is left behind
RETRY_S = 1.0  # after PostgreSQL or an engine did not answer

log = structlog.get_logger()


class Follows(Protocol):
    """What is kept in step."""

    waiting: bool  # for transactions that are still running, and whose end nobody tells

    def catch_up(self) -> int:
        """Apply what changed; return the number of titles."""
        ...


class CannotFollow(RuntimeError):
    """What changed cannot be applied as it is; it may be later."""


class Follower:
    """Has changes applied when the bell rings, and by the clock where it may have been missed."""

    def __init__(self, name: str, following: Follows, bell: Bell) -> None:
        self._name = name
        self._following = following
        self._bell = bell
        self._stop = threading.Event()
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"follow-{name}", daemon=True)
        bell.wakes(self._woken)

    def start(self) -> None:
        """Follow on a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, after the round that is under way."""
        self._stop.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(STOPPED_WITHIN_S)

    def _run(self) -> None:
        failed = False
        while not self._stop.is_set():
            try:
                self._following.catch_up()
                failed = False
            except (SQLAlchemyError, IndexUnavailable, CannotFollow) as error:
                if not failed:
                    log.warning("changes_not_followed", what=self._name, error=str(error))
                failed = True
            self._stop.wait(RETRY_S if failed else PAUSE_S)
            if not failed:
                waiting = self._following.waiting
                self._woken.wait(POLL_S if waiting else self._bell.look_after_s)
            self._woken.clear()
