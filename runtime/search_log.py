"""Searches and clicks on their way to PostgreSQL, written on a thread so that no request waits."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DataError

from db import searches
from db.engine import OUTAGES, first_line, open_session
from db.searches import ClickLogEntry, SearchLogEntry
from runtime.background import BackgroundLoop

FLUSH_INTERVAL_S = 1.0  # what a killed process loses
MAX_QUEUED_LINES = 1000  # more than a process can answer in `FLUSH_INTERVAL_S`
MAX_OUTAGE = timedelta(seconds=60)  # how long lines wait for PostgreSQL
MAX_CLICK_WAIT = timedelta(seconds=3)  # for a search that another process has yet to write
STOP_TIMEOUT_S = 10.0  # for the flush under way

Line = SearchLogEntry | ClickLogEntry

log = structlog.get_logger()


class SearchLog:
    """A bounded queue of searches and clicks, written once a second.

    `on_drop` gets the number of lines that were dropped: the queue was full, PostgreSQL was away
    for too long, or refused them.
    """

    def __init__(self, engine: Engine, on_drop: Callable[[int], object]) -> None:
        self._engine = engine
        self._on_drop = on_drop
        self._queue: deque[Line] = deque()
        self._write_lock = threading.Lock()
        self._loop = BackgroundLoop("write-searches", self._flush_and_wait)

    def add(self, line: Line) -> None:
        """Have a line written soon; returns at once."""
        if len(self._queue) < MAX_QUEUED_LINES:
            self._queue.append(line)
        else:
            self._on_drop(1)

    def flush(self) -> None:
        """Write what is queued now, for readers of what was just added."""
        with self._write_lock:
            lines = [self._queue.popleft() for _ in range(len(self._queue))]
            if lines:
                self._queue.extendleft(reversed(self._write(lines)))

    def start(self) -> None:
        """Write on a thread from now on."""
        self._loop.start()

    def stop(self) -> None:
        """Write what is queued one last time, and drop what cannot be written."""
        self._loop.stop(STOP_TIMEOUT_S)
        if not self._write_lock.locked():  # else a flush hangs, and a second one would too
            self.flush()
        self._drop(len(self._queue))

    def _flush_and_wait(self) -> float:
        self.flush()
        return FLUSH_INTERVAL_S

    def _write(self, lines: Sequence[Line]) -> list[Line]:
        """Write lines, all or none; return those to try again."""
        now = datetime.now(UTC)
        try:
            return self._store(lines, now)
        except DataError as error:  # PostgreSQL would refuse them again
            log.warning("searches_refused", lines=len(lines), error=first_line(error))
            self._drop(len(lines))
            return []
        except OUTAGES as error:
            log.warning("searches_wait", lines=len(lines), error=first_line(error))
            recent = [each for each in lines if now - each.at < MAX_OUTAGE]
            self._drop(len(lines) - len(recent))
            return recent
        except Exception:
            self._drop(len(lines))
            raise

    def _store(self, lines: Sequence[Line], now: datetime) -> list[Line]:
        """Store lines; return the clicks whose searches have yet to be written."""
        with open_session(self._engine) as writing:
            searches.record(writing, [each for each in lines if isinstance(each, SearchLogEntry)])
            early: list[Line] = [
                each
                for each in lines
                if isinstance(each, ClickLogEntry)
                and not searches.record_click(writing, each)
                and now - each.at < MAX_CLICK_WAIT
            ]
            writing.commit()
        return early

    def _drop(self, count: int) -> None:
        if count:
            self._on_drop(count)
