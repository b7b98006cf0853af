"""The searches that many visitors make, by region, as a worker last computed them."""

from collections.abc import Mapping, Sequence

import structlog
from sqlalchemy import Engine

from db import popular_searches
from db.engine import OUTAGES, first_line, open_session
from runtime.background import BackgroundLoop
from vocabulary.ids import Region

REFRESH_INTERVAL_S = 300.0

log = structlog.get_logger()


class PopularSearches:
    """The popular texts of every region, read from PostgreSQL now and then."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._texts: Mapping[Region, Sequence[str]] = {}
        self._loop = BackgroundLoop("read-popular-searches", self._refresh_and_wait)

    def in_region(self, region: Region) -> Sequence[str]:
        """Return the texts of a region, or of its country if it has none; most frequent first."""
        texts = self._texts
        return texts.get(region) or texts.get(region.partition("-")[0]) or ()

    def refresh(self) -> None:
        """Read the texts again.

        Raises `db.engine.OUTAGES`.
        """
        with open_session(self._engine) as reading:
            self._texts = popular_searches.read_popular(reading)

    def start(self) -> None:
        """Read on a thread, now and every few minutes."""
        self._loop.start()

    def stop(self) -> None:
        """Stop reading."""
        self._loop.stop()

    def _refresh_and_wait(self) -> float:
        try:
            self.refresh()
        except OUTAGES as error:
            log.warning("popular_searches_unavailable", error=first_line(error))
        return REFRESH_INTERVAL_S
