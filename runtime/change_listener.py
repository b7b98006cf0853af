"""Waking the followers of the change log: PostgreSQL notifies as soon as a change is committed.

Notifications sent while nothing listens are lost, so followers also poll: rarely while
notifications are known to arrive, and as often as changes should be served while they do not.
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
from runtime.background import report_failure

POLL_INTERVAL_S = 0.25  # without notifications a change is served within this
IDLE_POLL_INTERVAL_S = 2.0  # while notifications arrive
PROBE_INTERVAL_S = 10.0
PROBE_TIMEOUT_S = 3.0
STOP_TIMEOUT_S = 5.0  # a thread that waits for a frozen server is left behind
RETRY_DELAY_RANGE_S = (0.25, 15.0)  # doubled each time, less up to half at random

log = structlog.get_logger()


class NotificationsLost(RuntimeError):
    """A notification that this process sent to itself did not arrive."""


EXPECTED_ERRORS = (SQLAlchemyError, psycopg.Error, NotificationsLost)


class ChangeListener:
    """One connection that listens for all followers of a process.

    Each time it starts to listen it wakes them, since earlier notifications are lost. Now and then
    it sends itself a notification over another connection: a pooler may hand the listening
    connection to another client, and a network may drop one silently.
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
        self._probe_channel = f"rasika_probe_{uuid4().hex}"
        self._subscribers: list[threading.Event] = []
        self._stop_socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._has_warned = False

    @property
    def poll_interval_s(self) -> float:
        """After which time a follower polls without a notification."""
        return self._idle_poll_interval_s if self.is_listening else POLL_INTERVAL_S

    def subscribe(self, event: threading.Event) -> None:
        """Set an event whenever there may be changes."""
        self._subscribers.append(event)

    def start(self) -> None:
        """Listen on a thread."""
        self._stop_socket, stop_signal = socket.socketpair()
        self._thread = threading.Thread(
            target=self._run, args=(stop_signal,), name="listen", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening; at once, unless a connection is being opened."""
        if self._stop_socket and self._thread:
            self._stop_socket.close()
            self._thread.join(STOP_TIMEOUT_S)
            self._stop_socket = self._thread = None

    def _wake_subscribers(self) -> None:
        for event in self._subscribers:
            event.set()

    def _run(self, stop_signal: socket.socket) -> None:
        retry_s, max_retry_s = RETRY_DELAY_RANGE_S
        with stop_signal, selectors.DefaultSelector() as selector:
            selector.register(stop_signal, selectors.EVENT_READ)
            while not selector.select(0):
                try:
                    with listen(self._engine, CHANGE_CHANNEL, self._probe_channel) as connection:
                        self._listen(connection, stop_signal)
                except Exception as error:
                    if not isinstance(error, EXPECTED_ERRORS):
                        report_failure("listen")
                    if self.is_listening:
                        retry_s = RETRY_DELAY_RANGE_S[0]
                    self._mark_disconnected(error)
                    selector.select(retry_s * random.uniform(0.5, 1))  # noqa: S311  # no secret
                    retry_s = min(2 * retry_s, max_retry_s)

    def _listen(self, connection: "psycopg.Connection[Any]", stop_signal: socket.socket) -> None:
        """Wake followers at each notification until stopped; probe that notifications arrive."""
        self._wake_subscribers()
        is_probing, due = False, time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(stop_signal, selectors.EVENT_READ)
            selector.register(connection, selectors.EVENT_READ)
            while True:
                ready = selector.select(max(due - time.monotonic(), 0))
                if any(key.fileobj is stop_signal for key, _ in ready):
                    return
                channels = {each.channel for each in connection.notifies(timeout=0)}
                if CHANGE_CHANNEL in channels:
                    self._wake_subscribers()
                if self._probe_channel in channels:
                    self._mark_listening()
                    is_probing, due = False, time.monotonic() + self._probe_interval_s
                elif time.monotonic() >= due:
                    if is_probing:
                        raise NotificationsLost(f"no probe arrived within {PROBE_TIMEOUT_S:.0f} s")
                    is_probing = self._send_probe()
                    due = time.monotonic() + PROBE_TIMEOUT_S

    def _send_probe(self) -> bool:
        try:
            notify(self._engine, self._probe_channel)
        except PoolTimeout:  # says nothing about the listening connection
            return False
        return True

    def _mark_listening(self) -> None:
        if not self.is_listening:
            self.is_listening = True
            if self._has_warned:
                log.info("notifications_arrive_again")
            self._has_warned = False

    def _mark_disconnected(self, error: Exception) -> None:
        self.is_listening = False
        self._wake_subscribers()  # from now on they poll
        if not self._has_warned:
            log.warning("notifications_lost", error=first_line(error))
        self._has_warned = True
