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

ENTRY_WIDTH_BYTES = (
    16  # bytes; of names that agree so far there are few, and `begins` tells those apart
)
ARTICLES = ("the ", "a ", "an ")  # a name begins with the word after them as well
EDIT_LETTERS = (
    " abcdefghijklmnopqrstuvwxyz0123456789"  # what may be missing or wrong in Latin names
)
MIN_TRUNCATED_LETTERS = 5  # letters; of longer ones all but the last say enough
MAX_BYTE = b"\xff"  # greater than any byte of UTF-8
MAX_CACHED_MISSPELLINGS = 256  # typed texts whose misspellings are remembered

EntryTexts = NDArray[np.bytes_]  # (m,)
Rows = NDArray[np.int32]  # (m,)
Mask = NDArray[np.bool_]  # (m,)


@dataclass(frozen=True, slots=True)
class PrefixMatches:
    """Entries found: where they are, whose names they belong to, and whether these begin there."""

    slices: Sequence[slice]
    rows: Rows  # with repetitions
    is_name_start: Mask


@dataclass(frozen=True, slots=True)
class PrefixIndex:
    """Entries in the order of their texts; immutable."""

    texts: EntryTexts
    rows: Rows  # whose name it is
    is_name_start: Mask  # whether the name begins there

    @classmethod
    def build(cls, names_by_row: Iterable[tuple[int, Iterable[str]]]) -> "PrefixIndex":
        """Return the entries of rows and their names, folded alike."""
        texts: list[bytes] = []
        rows: list[int] = []
        first: list[bool] = []
        for row, names in names_by_row:
            for name in names:
                start, begins = 0, True
                while True:
                    texts.append(encode_entry(name[start : start + ENTRY_WIDTH_BYTES]))
                    rows.append(row)
                    first.append(begins)
                    begins = begins and name.startswith(ARTICLES, start)
                    start = name.find(" ", start) + 1
                    if not start:
                        break
        cut = np.array(texts, f"S{ENTRY_WIDTH_BYTES}")
        order = np.argsort(cut, kind="stable")
        return cls(cut[order], np.array(rows, np.int32)[order], np.array(first, bool)[order])

    def merge(self, other: "PrefixIndex") -> "PrefixIndex":
        """Return the entries of both."""
        places = np.searchsorted(self.texts, other.texts)
        return PrefixIndex(
            np.insert(self.texts, places, other.texts),
            np.insert(self.rows, places, other.rows),
            np.insert(self.is_name_start, places, other.is_name_start),
        )

    def renumber(self, new_rows: Rows) -> "PrefixIndex":
        """Return the entries of the rows that stay, by their new numbers; -1 goes."""
        now = new_rows[self.rows]
        stay = now >= 0
        return PrefixIndex(self.texts[stay], now[stay], self.is_name_start[stay])

    def find(self, text: str) -> PrefixMatches:
        """Return the entries that begin with a text; none with no text."""
        return self._entries_within(_prefix_bounds([encode_entry(text)] if text else []))

    def find_any(self, texts: Iterable[str]) -> PrefixMatches:
        """Return the entries that begin with any of some texts."""
        return self._entries_within(_prefix_bounds([encode_entry(text) for text in texts if text]))

    def find_misspelled(self, text: str, *, exact_letters: int) -> PrefixMatches:
        """Return the entries that begin with a text an edit away; `keep` letters are right."""
        return self._entries_within(_misspelling_bounds(text, exact_letters))

    def are_whole_texts(self, text: str, matches: PrefixMatches) -> Mask:
        """Tell which of some entries are a whole text, as far as entries go."""
        whole: Mask = np.concatenate([self.texts[each] for each in matches.slices]) == encode_entry(
            text
        )
        return whole

    def _entries_within(self, bounds: tuple[EntryTexts, EntryTexts]) -> PrefixMatches:
        low, high = bounds
        starts = np.searchsorted(self.texts, low)
        ends = np.searchsorted(self.texts, high, side="right")
        some = starts < ends
        pairs = zip(starts[some].tolist(), ends[some].tolist(), strict=True)
        slices = [slice(*pair) for pair in pairs] or [slice(0)]
        return PrefixMatches(
            slices,
            np.concatenate([self.rows[each] for each in slices]),
            np.concatenate([self.is_name_start[each] for each in slices]),
        )


def encode_entry(text: str) -> bytes:
    """Return a text as entries hold it, cut to their width."""
    return text.encode(errors="replace")[:ENTRY_WIDTH_BYTES]


def has_word_prefix(name: str, text: str) -> bool:
    """Tell whether a text begins a word of a name and goes on as the name does."""
    return f" {name}".find(f" {text}") >= 0


def has_similar_word_prefix(name: str, text: str) -> bool:
    """Tell the same of a text with one letter wrong, missing, too many, or two swapped."""
    words = name.split(" ")
    return any(_is_similar_prefix(" ".join(words[place:]), text) for place in range(len(words)))


def one_letter_edits(text: str, *, exact_letters: int, letters: str = EDIT_LETTERS) -> list[str]:
    """Return every text one edit away from this beginning, the first `keep` letters as they are.

    That the last letter is wrong is not among them: any other would do in its place.

    >>> edits("abc", keep=1, letters="x")
    ['ac', 'acb', 'axc', 'axbc', 'abxc']
    """
    found: dict[str, None] = {}
    for place in range(exact_letters, len(text)):
        before, after = text[:place], text[place:]
        if len(after) > 1:
            found[before + after[1:]] = None
            found[before + after[1] + after[0] + after[2:]] = None
            found.update(dict.fromkeys(before + letter + after[1:] for letter in letters))
        found.update(dict.fromkeys(before + letter + after for letter in letters))
    found.pop(text, None)
    return list(found)


def space_edits(text: str) -> list[str]:
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


@lru_cache(MAX_CACHED_MISSPELLINGS)
def _misspelling_bounds(text: str, exact_letters: int) -> tuple[EntryTexts, EntryTexts]:
    cut = {
        encode_entry(each)
        for each in one_letter_edits(text[: ENTRY_WIDTH_BYTES + 1], exact_letters=exact_letters)
    }
    return _prefix_bounds(sorted(cut - {b""}))


def _prefix_bounds(prefixes: Sequence[bytes]) -> tuple[EntryTexts, EntryTexts]:
    """Return the least and the greatest texts that begin so."""
    greatest = [prefix + MAX_BYTE for prefix in prefixes]
    return np.array(prefixes, f"S{ENTRY_WIDTH_BYTES}"), np.array(greatest, f"S{ENTRY_WIDTH_BYTES}")


def _is_similar_prefix(name: str, text: str) -> bool:
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
