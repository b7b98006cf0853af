"""Names by their beginnings: a sorted array with an entry for every word of a name.

An entry is the name from that word on, cut to `ENTRY_WIDTH_BYTES`, and the row of its owner: 21
bytes without Python objects. The entries that begin with a text are a slice, found by bisection;
all texts one edit away are bisected together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from search.names.postings import Rows

ENTRY_WIDTH_BYTES = 16  # few names have longer beginnings in common; `has_word_prefix` decides
ARTICLES = ("the ", "a ", "an ")  # the word after an article also counts as the start of a name
EDIT_LETTERS = " abcdefghijklmnopqrstuvwxyz0123456789"  # may be missing or wrong in Latin names
MIN_TRUNCATED_LETTERS = 5  # longer texts are also tried without their last letter
MAX_BYTE = b"\xff"  # greater than any byte of UTF-8
MAX_CACHED_MISSPELLINGS = 256  # typed texts

EntryTexts = NDArray[np.bytes_]  # (m,)
Mask = NDArray[np.bool_]  # (m,)


@dataclass(frozen=True, slots=True)
class PrefixMatches:
    """Matching entries: their positions, their rows, and whether names start there."""

    slices: Sequence[slice]
    rows: Rows  # with repetitions
    is_name_start: Mask


@dataclass(frozen=True, slots=True)
class PrefixIndex:
    """Entries in the order of their texts (m,); immutable."""

    texts: EntryTexts
    rows: Rows
    is_name_start: Mask  # else a later word of the name

    @classmethod
    def build(cls, names_by_row: Iterable[tuple[int, Iterable[str]]]) -> "PrefixIndex":
        """Return an index of rows and their folded names or keys."""
        texts: list[bytes] = []
        rows: list[int] = []
        name_starts: list[bool] = []
        for row, names in names_by_row:
            for name in names:
                start, is_start = 0, True
                while True:
                    texts.append(encode_entry(name[start : start + ENTRY_WIDTH_BYTES]))
                    rows.append(row)
                    name_starts.append(is_start)
                    is_start = is_start and name.startswith(ARTICLES, start)
                    start = name.find(" ", start) + 1
                    if not start:
                        break
        entries = np.array(texts, f"S{ENTRY_WIDTH_BYTES}")
        order = np.argsort(entries, kind="stable")
        return cls(
            entries[order], np.array(rows, np.int32)[order], np.array(name_starts, bool)[order]
        )

    def merge(self, other: "PrefixIndex") -> "PrefixIndex":
        """Return an index with the entries of both."""
        places = np.searchsorted(self.texts, other.texts)
        return PrefixIndex(
            np.insert(self.texts, places, other.texts),
            np.insert(self.rows, places, other.rows),
            np.insert(self.is_name_start, places, other.is_name_start),
        )

    def renumber(self, new_rows: Rows) -> "PrefixIndex":
        """Return an index with new row numbers; entries whose number is -1 are removed."""
        rows = new_rows[self.rows]
        stays = rows >= 0
        return PrefixIndex(self.texts[stays], rows[stays], self.is_name_start[stays])

    def find(self, text: str) -> PrefixMatches:
        """Return the entries that begin with a text; none for an empty text."""
        return self._entries_within(_prefix_bounds([encode_entry(text)] if text else []))

    def find_any(self, texts: Iterable[str]) -> PrefixMatches:
        """Return the entries that begin with any of the texts."""
        return self._entries_within(_prefix_bounds([encode_entry(text) for text in texts if text]))

    def find_misspelled(self, text: str, *, exact_letters: int) -> PrefixMatches:
        """Return the entries that begin with a text one edit away, after some exact letters."""
        return self._entries_within(_misspelling_bounds(text, exact_letters))

    def are_whole_texts(self, text: str, matches: PrefixMatches) -> Mask:
        """Return which entries equal a text, as far as their width goes."""
        texts = np.concatenate([self.texts[each] for each in matches.slices])
        equal: Mask = texts == encode_entry(text)
        return equal

    def _entries_within(self, bounds: tuple[EntryTexts, EntryTexts]) -> PrefixMatches:
        low, high = bounds
        starts = np.searchsorted(self.texts, low)
        ends = np.searchsorted(self.texts, high, side="right")
        nonempty = starts < ends
        pairs = zip(starts[nonempty].tolist(), ends[nonempty].tolist(), strict=True)
        slices = [slice(*pair) for pair in pairs] or [slice(0)]
        return PrefixMatches(
            slices,
            np.concatenate([self.rows[each] for each in slices]),
            np.concatenate([self.is_name_start[each] for each in slices]),
        )


def encode_entry(text: str) -> bytes:
    """Return a text as entries store it, cut to their width."""
    return text.encode(errors="replace")[:ENTRY_WIDTH_BYTES]


def has_word_prefix(name: str, text: str) -> bool:
    """Return whether a name, from one of its words on, begins with a text."""
    return f" {text}" in f" {name}"


def has_similar_word_prefix(name: str, text: str) -> bool:
    """Return the same for a text with a wrong, missing or extra letter, or two swapped."""
    words = name.split(" ")
    return any(_is_similar_prefix(" ".join(words[start:]), text) for start in range(len(words)))


def one_letter_edits(text: str, *, exact_letters: int, letters: str = EDIT_LETTERS) -> list[str]:
    """Return every text one edit away from this one, except in its first `exact_letters`.

    A wrong last letter is left out: any letter would do in its place.

    >>> one_letter_edits("abc", exact_letters=1, letters="x")
    ['ac', 'acb', 'axc', 'axbc', 'abxc']
    """
    edits: dict[str, None] = {}
    for position in range(exact_letters, len(text)):
        before, after = text[:position], text[position:]
        if len(after) > 1:
            edits[before + after[1:]] = None
            edits[before + after[1] + after[0] + after[2:]] = None
            edits.update(dict.fromkeys(before + letter + after[1:] for letter in letters))
        edits.update(dict.fromkeys(before + letter + after for letter in letters))
    edits.pop(text, None)
    return list(edits)


def space_edits(text: str) -> list[str]:
    """Return every text with one space more or one less.

    >>> space_edits("ab c")
    ['a b c', 'abc']
    """
    return [
        text[:at] + text[at + 1 :] if text[at] == " " else f"{text[:at]} {text[at:]}"
        for at in range(1, len(text))
        if text[at] == " " or text[at - 1] != " "
    ]


@lru_cache(MAX_CACHED_MISSPELLINGS)
def _misspelling_bounds(text: str, exact_letters: int) -> tuple[EntryTexts, EntryTexts]:
    edits = one_letter_edits(text[: ENTRY_WIDTH_BYTES + 1], exact_letters=exact_letters)
    return _prefix_bounds(sorted(set(map(encode_entry, edits)) - {b""}))


def _prefix_bounds(prefixes: Sequence[bytes]) -> tuple[EntryTexts, EntryTexts]:
    """Return the least and the greatest entry that begins with each prefix."""
    greatest = [prefix + MAX_BYTE for prefix in prefixes]
    return np.array(prefixes, f"S{ENTRY_WIDTH_BYTES}"), np.array(greatest, f"S{ENTRY_WIDTH_BYTES}")


def _is_similar_prefix(name: str, text: str) -> bool:
    if name.startswith(text):
        return True
    pairs = enumerate(zip(name, text, strict=False))
    common = next((length for length, (ours, typed) in pairs if ours != typed), len(name))
    typed_rest, name_rest = text[common:], name[common:]
    swapped = name_rest[1:2] + name_rest[:1] + name_rest[2:]
    return (
        name_rest.startswith(typed_rest[1:])
        or name_rest[1:].startswith((typed_rest[1:], typed_rest))
        or swapped.startswith(typed_rest)
    )
