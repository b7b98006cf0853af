"""What a filter leaves of a snapshot and what boosts add there, remembered.

Most queries of a service share a few filters and boosts: those of a region, a row of the homepage,
a language. Both are worked out over all rows, so they are kept, as long as the snapshot lasts;
boosts by themselves too, for filters are many and boosts are few.
"""

import threading
from collections.abc import Callable, Hashable
from dataclasses import replace

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from index.query import Boosts, Query

Rows = NDArray[np.int64]
Bias = NDArray[np.float32]
Field = tuple[Rows | None, Bias | None]
"""The matching rows, none for all, and the boosts of these, none for nothing."""

MOST_BYTES = 64 * 2**20


class Fields:
    """The fields of one snapshot, the least recently used given up first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: LRUCache[Hashable, Field] = LRUCache(MOST_BYTES, getsizeof=_bytes)

    def get(self, query: Query, work_out: Callable[[], Field]) -> Field:
        """Return the field of a query, its ids aside; nobody may write into it."""
        return self._get(_key(query), work_out)

    def boosts(self, boosts: Boosts, work_out: Callable[[], Bias | None]) -> Bias | None:
        """Return what boosts add to every row, whatever filter they come with."""
        kept = self._get(_boosts_key(boosts), lambda: (None, work_out()))
        return kept[1]

    def _get(self, key: Hashable, work_out: Callable[[], Field]) -> Field:
        with self._lock:
            kept = self._kept.get(key)
        if kept is None:
            kept = work_out()
            with self._lock:
                if _bytes(kept) <= MOST_BYTES:
                    self._kept[key] = kept
        return kept


def _key(query: Query) -> Hashable:
    filtered = replace(query.filter, include=None, exclude=frozenset())
    return query.vector is None or query.space, filtered, _boosts_key(query.boosts)


def _boosts_key(boosts: Boosts) -> Hashable:
    return boosts.popularity, boosts.freshness, tuple(sorted(boosts.regional.items()))


def _bytes(field: Field) -> int:
    return 64 + sum(part.nbytes for part in field if part is not None)
