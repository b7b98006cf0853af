"""Searches on their way to PostgreSQL, and back what many ask for: neither delays an answer."""

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DataError

from db import popular_searches, searches
from db.engine import OUTAGES, first_line, open_session
from db.searches import ClickLogEntry, SearchLogEntry

FLUSH_INTERVAL_S = 1.0  # what a killed process loses
MAX_QUEUED_LINES = 1000  # lines that wait; more at once than a process can answer in `FLUSH_S`
MAX_OUTAGE = timedelta(seconds=60)  # how long lines wait for PostgreSQL
MAX_CLICK_WAIT = timedelta(seconds=3)  # for a search that another process has yet to write
REFRESH_INTERVAL_S = 300.0

log = structlog.get_logger()


class SearchLog:
    """A bounded queue of searches and clicks that one thread writes, a second's worth at a time.

    `dropped` is told how many lines were given up: the queue was full, or PostgreSQL away.
    """

    def __init__(self, engine: Engine, on_drop: Callable[[int], object]) -> None:
        self._engine = engine
        self._on_drop = on_drop
        self._queue: deque[SearchLogEntry | ClickLogEntry] = deque()
        self._write_lock = threading.Lock()
        self._stop_event = threading.Event()
        self._thread = threading.Thread(target=self._run, name="write-searches", daemon=True)

    def add(self, line: SearchLogEntry | ClickLogEntry) -> None:
        """Have a line written soon; returns at once."""
        if len(self._queue) < MAX_QUEUED_LINES:
            self._queue.append(line)
        else:
            self._on_drop(1)

    def flush(self) -> None:
        """Write what waits, for those who read what was just added."""
        with self._write_lock:
            lines = [self._queue.popleft() for _ in range(len(self._queue))]
            if lines:
                self._queue.extendleft(reversed(self._write(lines)))

    def start(self) -> None:
        """Write on a thread from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, for the last time."""
        self._stop_event.set()
        if self._thread.is_alive():
            self._thread.join()
        self.flush()
        self._drop(len(self._queue))

    def _write(
        self, lines: Sequence[SearchLogEntry | ClickLogEntry]
    ) -> list[SearchLogEntry | ClickLogEntry]:
        """Write lines, all or none; return those to try again."""
        now = datetime.now(UTC)
        try:
            with open_session(self._engine) as writing:
                searches.record(
                    writing, [each for each in lines if isinstance(each, SearchLogEntry)]
                )
                early = [
                    each
                    for each in lines
                    if isinstance(each, ClickLogEntry)
                    and not searches.record_click(writing, each)
                    and now - each.at < MAX_CLICK_WAIT
                ]
                writing.commit()
        except DataError as error:  # would be refused for ever
            log.warning("searches_refused", lines=len(lines), error=first_line(error))
            self._drop(len(lines))
            return []
        except OUTAGES as error:
            log.warning("searches_wait", lines=len(lines), error=first_line(error))
            recent = [each for each in lines if now - each.at < MAX_OUTAGE]
            self._drop(len(lines) - len(recent))
            return recent
        return list(early)

    def _drop(self, count: int) -> None:
        if count:
            self._on_drop(count)

    def _run(self) -> None:
        while not self._stop_event.wait(FLUSH_INTERVAL_S):
            self.flush()


class PopularSearches:
    """What many ask for, by region, as a worker last wrote it down."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._texts: Mapping[str, Sequence[str]] = {}
        self._stop_event = threading.Event()
        self._thread = threading.Thread(target=self._run, name="read-popular", daemon=True)

    def in_region(self, region: str) -> Sequence[str]:
        """Return the texts of a region, or of its country while it has none; most asked first."""
        texts = self._texts
        return texts.get(region) or texts.get(region.partition("-")[0]) or ()

    def refresh(self) -> None:
        """Read anew.

        Raises SQLAlchemy's `DBAPIError`.
        """
        with open_session(self._engine) as reading:
            self._texts = popular_searches.read_popular(reading)

    def start(self) -> None:
        """Read now and then on a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop reading."""
        self._stop_event.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                self.refresh()
            except OUTAGES as error:
                log.warning("popular_searches_unreachable", error=first_line(error))
            if self._stop_event.wait(REFRESH_INTERVAL_S):
                return
