"""What wakes those who follow the change log: PostgreSQL itself, as soon as somebody has written.

What is told while nobody listens is lost, so followers look by themselves too: seldom while this
process is known to hear, as often as changes should be served while it is not.
"""

import random
import selectors
import socket
import threading
import time
from typing import Any
from uuid import uuid4

import psycopg
import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from db.changes import CHANGE_CHANNEL
from db.notifications import listen, notify

POLL_S = 0.25  # without word from PostgreSQL a change is served within this
SELDOM_S = 2.0  # between two looks of those who are told
PROVED_EVERY_S = 10.0
PROOF_WITHIN_S = 3.0
STOPPED_WITHIN_S = 5.0  # whoever waits for a server that is frozen is left behind
RETRY_RANGE_S = (0.25, 15.0)  # doubled each time, less up to a half by chance

log = structlog.get_logger()


class Unheard(RuntimeError):
    """What this process told itself did not arrive."""


class Bell:
    """One connection that listens for all followers of a process.

    Each time it comes to listen it rings, for nobody heard what was told before. Now and then it
    proves, over another connection, that it hears: a pooler may give the connection that listens
    to somebody else, and a network may end one silently.
    """

    def __init__(
        self, engine: Engine, *, seldom_s: float = SELDOM_S, proved_every_s: float = PROVED_EVERY_S
    ) -> None:
        self.hears = False
        self._engine = engine
        self._seldom_s = seldom_s
        self._proved_every_s = proved_every_s
        self._own = f"rasika_proof_{uuid4().hex}"
        self._woken: list[threading.Event] = []
        self._ending: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._warned = False

    @property
    def look_after_s(self) -> float:
        """After which time a follower looks, though nobody told it anything."""
        return self._seldom_s if self.hears else POLL_S

    def wakes(self, woken: threading.Event) -> None:
        """Set an event at each ring."""
        self._woken.append(woken)

    def start(self) -> None:
        """Listen on a thread."""
        self._ending, ended = socket.socketpair()
        arguments = (ended,)
        self._thread = threading.Thread(
            target=self._run, args=arguments, name="listen", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening; at once, unless PostgreSQL is just being connected to."""
        if self._ending and self._thread:
            self._ending.close()
            self._thread.join(STOPPED_WITHIN_S)
            self._ending = self._thread = None

    def _ring(self) -> None:
        for woken in self._woken:
            woken.set()

    def _run(self, ended: socket.socket) -> None:
        retry_s, most_s = RETRY_RANGE_S
        with ended, selectors.DefaultSelector() as waiting:
            waiting.register(ended, selectors.EVENT_READ)
            while not waiting.select(0):
                try:
                    with listen(self._engine, CHANGE_CHANNEL, self._own) as connection:
                        self._listen(connection, ended)
                except (SQLAlchemyError, psycopg.Error, Unheard) as error:
                    if self.hears:
                        retry_s = RETRY_RANGE_S[0]
                    self._lose(error)
                    waiting.select(retry_s * random.uniform(0.5, 1))  # noqa: S311  # no secret
                    retry_s = min(2 * retry_s, most_s)

    def _listen(self, connection: "psycopg.Connection[Any]", ended: socket.socket) -> None:
        """Ring at each notification, until told to end; prove now and then that they arrive."""
        self._ring()
        proving, due = False, time.monotonic()
        with selectors.DefaultSelector() as waiting:
            waiting.register(ended, selectors.EVENT_READ)
            waiting.register(connection, selectors.EVENT_READ)
            while True:
                ready = waiting.select(max(due - time.monotonic(), 0))
                if any(key.fileobj is ended for key, _ in ready):
                    return
                channels = {told.channel for told in connection.notifies(timeout=0)}
                if CHANGE_CHANNEL in channels:
                    self._ring()
                if self._own in channels:
                    self._hear()
                    proving, due = False, time.monotonic() + self._proved_every_s
                elif time.monotonic() >= due:
                    if proving:
                        raise Unheard(f"no word of its own within {PROOF_WITHIN_S:.0f} s")
                    proving = self._prove()
                    due = time.monotonic() + PROOF_WITHIN_S

    def _prove(self) -> bool:
        try:
            notify(self._engine, self._own)
        except PoolTimeout:  # every connection taken says nothing about this one
            return False
        return True

    def _hear(self) -> None:
        if not self.hears:
            self.hears = True
            if self._warned:
                log.info("change_log_heard_again")
            self._warned = False

    def _lose(self, error: Exception) -> None:
        self.hears = False
        self._ring()  # from now on they look by themselves
        if not self._warned:
            log.warning("change_log_not_heard", error=str(error).strip().partition("\n")[0])
        self._warned = True
