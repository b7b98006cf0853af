"""Answers that are asked for again: popular searches, the homepage of a region."""

import threading
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

from cachetools import LRUCache

RESULT_CACHE_CAPACITY = 2_000  # answers: some 40 MB when full

Value = TypeVar("Value")


class ResultCache:
    """The answers over one state of the catalogue; a change of it makes a new one of these.

    Whoever works out an answer while the catalogue changes leaves it with the old state, where
    nobody looks any more.
    """

    def __init__(self, capacity: int = RESULT_CACHE_CAPACITY) -> None:
        self._lock = threading.Lock()
        self._entries: LRUCache[Hashable, object] = LRUCache(capacity)

    def get_or_compute(self, key: Hashable, compute: Callable[[], Value]) -> Value:
        """Return the answer of a key, which nobody may write into."""
        with self._lock:
            kept = self._entries.get(key, self)
        if kept is not self:
            return cast("Value", kept)
        found = compute()
        with self._lock:
            self._entries[key] = found
        return found
