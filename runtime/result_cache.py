"""Results that many requests share: of popular searches, of a region's homepage."""

import threading
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

from cachetools import LRUCache

RESULT_CACHE_CAPACITY = 2_000  # results; some 40 MB when full

Value = TypeVar("Value")


class ResultCache:
    """Results over one state of the catalogue; a change replaces the whole cache.

    A result that was computed while the catalogue changed goes into the old cache, which nothing
    reads any more.
    """

    def __init__(self, capacity: int = RESULT_CACHE_CAPACITY) -> None:
        self._lock = threading.Lock()
        self._entries: LRUCache[Hashable, object] = LRUCache(capacity)

    def get_or_compute(self, key: Hashable, compute: Callable[[], Value]) -> Value:
        """Return the result of a key, computed if need be; callers must not modify it."""
        with self._lock:
            cached = self._entries.get(key, self)
        if cached is not self:
            return cast("Value", cached)
        result = compute()
        with self._lock:
            self._entries[key] = result
        return result
