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
from db.engine import first_line
from db.notifications import listen, notify

POLL_INTERVAL_S = 0.25  # without word from PostgreSQL a change is served within this
IDLE_POLL_INTERVAL_S = 2.0  # between two looks of those who are told
PROBE_INTERVAL_S = 10.0
PROBE_TIMEOUT_S = 3.0
STOP_TIMEOUT_S = 5.0  # whoever waits for a server that is frozen is left behind
RETRY_DELAY_RANGE_S = (0.25, 15.0)  # doubled each time, less up to a half by chance

log = structlog.get_logger()


class NotificationsLost(RuntimeError):
    """What this process told itself did not arrive."""


class ChangeListener:
    """One connection that listens for all followers of a process.

    Each time it comes to listen it rings, for nobody heard what was told before. Now and then it
    proves, over another connection, that it hears: a pooler may give the connection that listens
    to somebody else, and a network may end one silently.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        idle_poll_interval_s: float = IDLE_POLL_INTERVAL_S,
        probe_interval_s: float = PROBE_INTERVAL_S,
    ) -> None:
        self.is_listening = False
        self._engine = engine
        self._idle_poll_interval_s = idle_poll_interval_s
        self._probe_interval_s = probe_interval_s
        self._probe_channel = f"rasika_proof_{uuid4().hex}"
        self._subscribers: list[threading.Event] = []
        self._stop_socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._has_warned = False

    @property
    def poll_interval_s(self) -> float:
        """After which time a follower looks, though nobody told it anything."""
        return self._idle_poll_interval_s if self.is_listening else POLL_INTERVAL_S

    def subscribe(self, event: threading.Event) -> None:
        """Set an event at each ring."""
        self._subscribers.append(event)

    def start(self) -> None:
        """Listen on a thread."""
        self._stop_socket, ended = socket.socketpair()
        arguments = (ended,)
        self._thread = threading.Thread(
            target=self._run, args=arguments, name="listen", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening; at once, unless PostgreSQL is just being connected to."""
        if self._stop_socket and self._thread:
            self._stop_socket.close()
            self._thread.join(STOP_TIMEOUT_S)
            self._stop_socket = self._thread = None

    def _wake_subscribers(self) -> None:
        for woken in self._subscribers:
            woken.set()

    def _run(self, stop_signal: socket.socket) -> None:
        retry_s, most_s = RETRY_DELAY_RANGE_S
        with stop_signal, selectors.DefaultSelector() as waiting:
            waiting.register(stop_signal, selectors.EVENT_READ)
            while not waiting.select(0):
                try:
                    with listen(self._engine, CHANGE_CHANNEL, self._probe_channel) as connection:
                        self._listen(connection, stop_signal)
                except (SQLAlchemyError, psycopg.Error, NotificationsLost) as error:
                    if self.is_listening:
                        retry_s = RETRY_DELAY_RANGE_S[0]
                    self._mark_disconnected(error)
                    waiting.select(retry_s * random.uniform(0.5, 1))  # noqa: S311  # no secret
                    retry_s = min(2 * retry_s, most_s)

    def _listen(self, connection: "psycopg.Connection[Any]", stop_signal: socket.socket) -> None:
        """Ring at each notification, until told to end; prove now and then that they arrive."""
        self._wake_subscribers()
        proving, due = False, time.monotonic()
        with selectors.DefaultSelector() as waiting:
            waiting.register(stop_signal, selectors.EVENT_READ)
            waiting.register(connection, selectors.EVENT_READ)
            while True:
                ready = waiting.select(max(due - time.monotonic(), 0))
                if any(key.fileobj is stop_signal for key, _ in ready):
                    return
                channels = {told.channel for told in connection.notifies(timeout=0)}
                if CHANGE_CHANNEL in channels:
                    self._wake_subscribers()
                if self._probe_channel in channels:
                    self._mark_listening()
                    proving, due = False, time.monotonic() + self._probe_interval_s
                elif time.monotonic() >= due:
                    if proving:
                        raise NotificationsLost(
                            f"no word of its own within {PROBE_TIMEOUT_S:.0f} s"
                        )
                    proving = self._send_probe()
                    due = time.monotonic() + PROBE_TIMEOUT_S

    def _send_probe(self) -> bool:
        try:
            notify(self._engine, self._probe_channel)
        except PoolTimeout:  # every connection taken says nothing about this one
            return False
        return True

    def _mark_listening(self) -> None:
        if not self.is_listening:
            self.is_listening = True
            if self._has_warned:
                log.info("change_log_heard_again")
            self._has_warned = False

    def _mark_disconnected(self, error: Exception) -> None:
        self.is_listening = False
        self._wake_subscribers()  # from now on they look by themselves
        if not self._has_warned:
            log.warning("change_log_not_heard", error=first_line(error))
        self._has_warned = True
