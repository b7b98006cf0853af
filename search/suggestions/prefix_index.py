"""Names by their beginnings: every word of a name begins an entry of one sorted array.

An entry is the name from that word on, cut to `WIDTH` bytes, and the row of whoever bears it: 21
bytes, no Python objects. What begins with a text is a slice, found by bisection; all texts an edit
away from it are bisected together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

WIDTH = 16  # bytes; of names that agree so far there are few, and `begins` tells those apart
ARTICLES = ("the ", "a ", "an ")  # a name begins with the word after them as well
LETTERS = " abcdefghijklmnopqrstuvwxyz0123456789"  # what may be missing or wrong in Latin names
LONG = 5  # letters; of longer ones all but the last say enough
AFTER_ALL = b"\xff"  # greater than any byte of UTF-8
CACHED = 256  # typed texts whose misspellings are remembered

Texts = NDArray[np.bytes_]  # (m,)
Rows = NDArray[np.int32]  # (m,)
Mask = NDArray[np.bool_]  # (m,)


@dataclass(frozen=True, slots=True)
class Slices:
    """Entries found: where they are, whose names they belong to, and whether these begin there."""

    slices: Sequence[slice]
    rows: Rows  # with repetitions
    first: Mask


@dataclass(frozen=True, slots=True)
class Prefixes:
    """Entries in the order of their texts; immutable."""

    texts: Texts
    rows: Rows  # whose name it is
    first: Mask  # whether the name begins there

    @classmethod
    def of(cls, named: Iterable[tuple[int, Iterable[str]]]) -> "Prefixes":
        """Return the entries of rows and their names, folded alike."""
        texts: list[bytes] = []
        rows: list[int] = []
        first: list[bool] = []
        for row, names in named:
            for name in names:
                start, begins = 0, True
                while True:
                    texts.append(encoded(name[start : start + WIDTH]))
                    rows.append(row)
                    first.append(begins)
                    begins = begins and name.startswith(ARTICLES, start)
                    start = name.find(" ", start) + 1
                    if not start:
                        break
        cut = np.array(texts, f"S{WIDTH}")
        order = np.argsort(cut, kind="stable")
        return cls(cut[order], np.array(rows, np.int32)[order], np.array(first, bool)[order])

    def merged(self, other: "Prefixes") -> "Prefixes":
        """Return the entries of both."""
        places = np.searchsorted(self.texts, other.texts)
        return Prefixes(
            np.insert(self.texts, places, other.texts),
            np.insert(self.rows, places, other.rows),
            np.insert(self.first, places, other.first),
        )

    def renumbered(self, rows: Rows) -> "Prefixes":
        """Return the entries of the rows that stay, by their new numbers; -1 goes."""
        now = rows[self.rows]
        stay = now >= 0
        return Prefixes(self.texts[stay], now[stay], self.first[stay])

    def beginning(self, text: str) -> Slices:
        """Return the entries that begin with a text; none with no text."""
        return self._within(_bounds([encoded(text)] if text else []))

    def beginning_any(self, texts: Iterable[str]) -> Slices:
        """Return the entries that begin with any of some texts."""
        return self._within(_bounds([encoded(text) for text in texts if text]))

    def nearly_beginning(self, text: str, *, keep: int) -> Slices:
        """Return the entries that begin with a text an edit away; `keep` letters are right."""
        return self._within(_misspelt(text, keep))

    def are(self, text: str, found: Slices) -> Mask:
        """Tell which of some entries are a whole text, as far as entries go."""
        whole: Mask = np.concatenate([self.texts[each] for each in found.slices]) == encoded(text)
        return whole

    def _within(self, bounds: tuple[Texts, Texts]) -> Slices:
        low, high = bounds
        starts = np.searchsorted(self.texts, low)
        ends = np.searchsorted(self.texts, high, side="right")
        some = starts < ends
        pairs = zip(starts[some].tolist(), ends[some].tolist(), strict=True)
        slices = [slice(*pair) for pair in pairs] or [slice(0)]
        return Slices(
            slices,
            np.concatenate([self.rows[each] for each in slices]),
            np.concatenate([self.first[each] for each in slices]),
        )


def encoded(text: str) -> bytes:
    """Return a text as entries hold it, cut to their width."""
    return text.encode(errors="replace")[:WIDTH]


def begins(name: str, text: str) -> bool:
    """Tell whether a text begins a word of a name and goes on as the name does."""
    return f" {name}".find(f" {text}") >= 0


def nearly_begins(name: str, text: str) -> bool:
    """Tell the same of a text with one letter wrong, missing, too many, or two swapped."""
    words = name.split(" ")
    return any(_near(" ".join(words[place:]), text) for place in range(len(words)))


def edits(text: str, *, keep: int, letters: str = LETTERS) -> list[str]:
    """Return every text one edit away from this beginning, the first `keep` letters as they are.

    That the last letter is wrong is not among them: any other would do in its place.

    >>> edits("abc", keep=1, letters="x")
    ['ac', 'acb', 'axc', 'axbc', 'abxc']
    """
    found: dict[str, None] = {}
    for place in range(keep, len(text)):
        before, after = text[:place], text[place:]
        if len(after) > 1:
            found[before + after[1:]] = None
            found[before + after[1] + after[0] + after[2:]] = None
            found.update(dict.fromkeys(before + letter + after[1:] for letter in letters))
        found.update(dict.fromkeys(before + letter + after for letter in letters))
    found.pop(text, None)
    return list(found)


def respaced(text: str) -> list[str]:
    """Return every text that has one space more or one less.

    >>> respaced("ab c")
    ['a b c', 'abc']
    """
    places = range(1, len(text))
    return [
        text[:place] + text[place + 1 :] if text[place] == " " else f"{text[:place]} {text[place:]}"
        for place in places
        if text[place] == " " or text[place - 1] != " "
    ]


@lru_cache(CACHED)
def _misspelt(text: str, keep: int) -> tuple[Texts, Texts]:
    cut = {encoded(each) for each in edits(text[: WIDTH + 1], keep=keep)}
    return _bounds(sorted(cut - {b""}))


def _bounds(prefixes: Sequence[bytes]) -> tuple[Texts, Texts]:
    """Return the least and the greatest texts that begin so."""
    greatest = [prefix + AFTER_ALL for prefix in prefixes]
    return np.array(prefixes, f"S{WIDTH}"), np.array(greatest, f"S{WIDTH}")


def _near(name: str, text: str) -> bool:
    if name.startswith(text):
        return True
    pairs = enumerate(zip(name, text, strict=False))
    agreed = next((place for place, (ours, typed) in pairs if ours != typed), len(name))
    here, there = text[agreed:], name[agreed:]
    swapped = there[1:2] + there[:1] + there[2:]
    return (
        there.startswith(here[1:])
        or there[1:].startswith((here[1:], here))
        or swapped.startswith(here)
    )
