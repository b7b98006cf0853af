"""Titles by their names: exact, by prefix, and by shared trigrams where spelling differs.

Held in process and kept up to date from the change log. Trigram similarity is Dice's coefficient
over padded words, as in PostgreSQL's pg_trgm but over whole names.
"""

import threading
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

WEAKEST = 0.55  # Dice; below it names share little but common endings
PREFIX_STRENGTH = 0.9  # a name that goes on after what was typed
SHORTEST_PREFIX = 3  # letters; two start too many names
CANDIDATES = 200  # names that are looked at more closely


@dataclass(frozen=True, slots=True)
class NameMatch:
    """A title whose name resembles a query; `strength` is 0..1, 1 for the very name."""

    title_id: int
    strength: float


class NameIndex:
    """Folded names of titles; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots: list[tuple[int, str]] = []  # (title, folded name); title 0: forgotten
        self._sizes = array("i")  # trigrams per slot
        self._exact: dict[str, list[int]] = {}
        self._postings: dict[str, array[int]] = {}
        self._of_title: dict[int, list[int]] = {}

    def update(self, title_id: int, names: Iterable[str]) -> None:
        """Set the names of a title; none forgets it."""
        wanted = list(dict.fromkeys(names))
        with self._lock:
            slots = self._of_title.get(title_id, [])
            if [self._slots[slot][1] for slot in slots] == wanted:
                return
            self._forget(title_id)
            for name in wanted:
                self._add(title_id, name)

    def match(self, folded: str, *, limit: int = 50) -> list[NameMatch]:
        """Return the titles whose names resemble a folded query, the most alike first."""
        if not folded:
            return []
        with self._lock:
            strengths = self._alike(folded)
            for slot in self._exact.get(folded, ()):
                strengths[slot] = 1.0
            best: dict[int, float] = {}
            for slot, strength in strengths.items():
                title_id = self._slots[slot][0]
                best[title_id] = max(strength, best.get(title_id, 0.0))
        ordered = sorted(best.items(), key=lambda item: (-item[1], item[0]))
        return [NameMatch(title_id, strength) for title_id, strength in ordered[:limit]]

    def _alike(self, folded: str) -> dict[int, float]:
        wanted = trigrams(folded)
        found = [self._postings[trigram] for trigram in wanted if trigram in self._postings]
        if not found:
            return {}
        shared = np.bincount(np.concatenate([np.frombuffer(each, np.int32) for each in found]))
        sizes = np.frombuffer(self._sizes, np.int32)[: len(shared)]
        dice = 2 * shared / (sizes + len(wanted))
        # The last word of a prefix may be cut short, which changes its closing trigram alone.
        closing = np.frombuffer(self._postings.get(wanted[-1], array("i")), np.int32)
        shared[closing] -= 1
        slots = np.flatnonzero((dice >= WEAKEST) | (shared == len(wanted) - 1))
        slots = slots[np.argsort(-dice[slots], kind="stable")[:CANDIDATES]]
        return {
            slot: strength
            for slot in slots.tolist()
            if (strength := self._strength(slot, folded, float(dice[slot]))) >= WEAKEST
        }

    def _strength(self, slot: int, folded: str, dice: float) -> float:
        title_id, name = self._slots[slot]
        if not title_id:
            return 0.0
        if len(folded) >= SHORTEST_PREFIX and name.startswith(folded):
            return PREFIX_STRENGTH
        return min(dice, PREFIX_STRENGTH)

    def _add(self, title_id: int, name: str) -> None:
        slot = len(self._slots)
        self._slots.append((title_id, name))
        self._exact.setdefault(name, []).append(slot)
        self._of_title.setdefault(title_id, []).append(slot)
        parts = trigrams(name)
        self._sizes.append(len(parts))
        for part in parts:
            self._postings.setdefault(part, array("i")).append(slot)

    def _forget(self, title_id: int) -> None:
        """Leave the slots behind; reindexing starts afresh."""
        for slot in self._of_title.pop(title_id, ()):
            name = self._slots[slot][1]
            self._slots[slot] = (0, name)
            self._exact[name].remove(slot)


def trigrams(folded: str) -> Sequence[str]:
    """Return the distinct trigrams of a name's words, each padded as `  word `.

    >>> trigrams("96")
    ['  9', ' 96', '96 ']
    """
    parts = dict.fromkeys(
        padded[start : start + 3]
        for word in folded.split()
        for padded in [f"  {word} "]
        for start in range(len(padded) - 2)
    )
    return list(parts)
