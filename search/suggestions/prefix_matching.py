"""Who has a name that begins as what was typed does, by spelling and by sound.

What begins so comes first, then names that hold every typed word, then those a letter away; within
each, a better match and a greater boost.
"""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.names.phonetic import key, loose
from search.suggestions.prefix_index import (
    LONG,
    WIDTH,
    Mask,
    Prefixes,
    Rows,
    Slices,
    begins,
    encoded,
    nearly_begins,
    respaced,
)

# How well a name fits; a step outweighs most of what boosts may add.
WHOLE, START, INSIDE = 1.0, 0.8, 0.62
HEARD = 0.06  # taken off where a name is the same by its sound alone
WHOLE_HEARD = 0.86  # instead of all: many names sound alike
LITTLE = 2  # letters of sound; they begin half of all names
RESPACED, WORDS = 0.5, 0.4  # two words written as one, or one as two; every word, somewhere
ROUGH, MISSPELT = 0.3, 0.2  # by a sound that leaves voice and vowels out; a letter away
MISHEARD = 0.1  # the sound is a letter away, or the last letter is wrong
SURE = 0.6  # above it nothing was guessed and no word is out of place

MOST_WORDS = 6  # whoever types more describes a plot
MOST_GUESSED = 5
LOOKED_AT = 16  # times as many entries as wanted: a title's names begin alike
SHORTEST_MISSPELT = 2  # letters
UNDOUBTED = {2: 1, 3: 1}  # letters typed, to letters at the beginning that are right
SHORTEST_RESPACED = 4
SHORTEST_ROUGH = 3  # consonants, mostly
LONG_WORD = 4  # letters; shorter ones may be misspelt into too many others

FIRST_INDIC = "\u0900"

Scores = NDArray[np.float32]  # (n,)
Evidence = tuple[Rows, Scores]  # with repetitions


@dataclass(frozen=True, slots=True)
class Table:
    """The beginnings of names as they are written, as they sound, and roughly as they sound."""

    written: Prefixes
    heard: Prefixes
    rough: Prefixes

    @classmethod
    def of(cls, named: Sequence[tuple[int, Sequence[str]]]) -> "Table":
        """Return the table of rows and their folded names."""
        heard = [(row, list(dict.fromkeys(map(key, names)))) for row, names in named]
        rough = ((row, dict.fromkeys(map(loose, names))) for row, names in heard)
        return cls(Prefixes.of(named), Prefixes.of(heard), Prefixes.of(rough))

    def merged(self, other: "Table") -> "Table":
        """Return the entries of both."""
        return Table(
            self.written.merged(other.written),
            self.heard.merged(other.heard),
            self.rough.merged(other.rough),
        )

    def renumbered(self, rows: Rows) -> "Table":
        """Return the entries of the rows that stay, by their new numbers; -1 goes."""
        return Table(
            self.written.renumbered(rows),
            self.heard.renumbered(rows),
            self.rough.renumbered(rows),
        )

    def search(
        self,
        text: str,
        boosts: Scores,
        names: Callable[[int], Sequence[str]],
        *,
        limit: int,
    ) -> list[tuple[int, float]]:
        """Return the best rows and how well they fit, going on to guesses where too few do.

        `boosts` (n,) are of all rows, minus infinity for those left out; `names` returns the
        folded names of a row.
        """
        sound = sound_of(text)
        kept: dict[int, float] = {}

        def keep(evidence: Evidence, most: int, fits: Callable[[str, str], bool]) -> None:
            for row, quality in _ordered(evidence, boosts, LOOKED_AT * most):
                if len(kept) >= most:
                    return
                if row not in kept and _fits(names(row), text, sound, fits):
                    kept[row] = quality

        n = len(boosts)
        keep(self.fitting(text, sound), limit, begins)
        if len(kept) < limit:
            keep(self.respaced(sound), limit, _begins_respaced)
            keep(self.with_words(text, n), limit, _anyhow)
        if not any(quality > SURE for quality in kept.values()):
            most = min(limit, len(kept) + MOST_GUESSED)
            keep(self.misspelt(text, sound), most, nearly_begins)
            keep(self.rhyming(sound), most, _rhymes)
            if len(kept) < most:
                keep(self.nearly_with_words(text, n), most, _anyhow)
        return list(kept.items())

    def fitting(self, text: str, sound: str) -> Evidence:
        """Return the rows with a name that begins as typed, and how well it fits."""
        written = _graded(self.written, text, WHOLE)
        if len(sound) <= LITTLE and len(written[0]):
            return written
        return _joined(written, _graded(self.heard, sound, WHOLE_HEARD, HEARD))

    def respaced(self, sound: str) -> Evidence:
        """Return the rows with a name that begins so, but for a space."""
        if len(sound) < SHORTEST_RESPACED:
            return _nothing()
        return _guessed(self.heard.beginning_any(respaced(sound)), RESPACED)

    def with_words(self, text: str, n: int) -> Evidence:
        """Return the rows of `n` that hold every word, in any order."""
        words = _words(text)
        if len(words) < 2:
            return _nothing()
        return _at(np.logical_and.reduce([self._holding(word, n) for word in words]), WORDS)

    def nearly_with_words(self, text: str, n: int) -> Evidence:
        """Return the rows of `n` that hold every word or one that is nearly the same."""
        words = sorted(_words(text), key=len, reverse=True)
        if len(words) < 2:
            return _nothing()
        found = np.ones(n, bool)
        for word in words:
            mask = self._holding(word, n)
            if len(word) >= LONG_WORD:
                self._add_similar(word, mask)
            found &= mask
            if not found.any():
                break
        return _at(found, MISSPELT)

    def rhyming(self, sound: str) -> Evidence:
        """Return the rows with a name that begins roughly as what was typed sounds."""
        rough = loose(sound)
        if len(rough) < SHORTEST_ROUGH:
            return _nothing()
        return _guessed(self.rough.beginning(rough), ROUGH)

    def misspelt(self, text: str, sound: str) -> Evidence:
        """Return the rows with a name that begins a letter away from what was typed."""
        if len(text) < SHORTEST_MISSPELT:
            return _nothing()
        keep = UNDOUBTED.get(len(text), 0)
        parts = [
            _guessed(self.written.nearly_beginning(text, keep=keep), MISSPELT),
            _guessed(self.heard.nearly_beginning(sound, keep=keep), MISHEARD),
        ]
        if len(text) >= LONG:
            parts.append(_guessed(self.written.beginning(text[:-1]), MISHEARD))
            parts.append(_guessed(self.heard.beginning(sound[:-1]), MISHEARD))
        return _joined(*parts)

    def _holding(self, word: str, n: int) -> Mask:
        mask = np.zeros(n, bool)
        mask[self.written.beginning(word).rows] = True
        mask[self.heard.beginning(sound_of(word)).rows] = True
        return mask

    def _add_similar(self, word: str, mask: Mask) -> None:
        sound = sound_of(word)
        mask[self.written.nearly_beginning(word, keep=1).rows] = True
        mask[self.heard.nearly_beginning(sound, keep=1).rows] = True
        if len(word) >= LONG:
            mask[self.written.beginning(word[:-1]).rows] = True
            mask[self.heard.beginning(sound[:-1]).rows] = True
        if len(rough := loose(sound)) >= SHORTEST_ROUGH:
            mask[self.rough.beginning(rough).rows] = True


def sound_of(text: str) -> str:
    """Return the key of what is being typed, whose last letter may still get its vowel.

    >>> sound_of("bah"), sound_of("బాహ"), sound_of("bahu")
    ('bah', 'bah', 'bahu')
    """
    if text.endswith("h"):  # heard before a vowel alone
        return key(f"{text}a")[:-1]
    sound = key(text)
    open_ended = text[-1:] >= FIRST_INDIC and unicodedata.category(text[-1]) == "Lo"
    return sound[:-1] if open_ended and len(sound) > 1 and sound.endswith("a") else sound


def _graded(prefixes: Prefixes, text: str, whole: float, less: float = 0.0) -> Evidence:
    found = prefixes.beginning(text)
    complete = found.first & prefixes.are(text, found)
    quality = np.where(complete, whole, np.where(found.first, START, INSIDE)) - less
    return found.rows, quality.astype(np.float32)


def _words(text: str) -> list[str]:
    """Return the words to be looked for one by one; none of what is too long for a name."""
    words = text.split(" ")
    return words if len(words) <= MOST_WORDS else []


def _at(mask: Mask, quality: float) -> Evidence:
    rows = np.flatnonzero(mask).astype(np.int32)
    return rows, np.full(len(rows), quality, np.float32)


def _guessed(found: Slices, quality: float) -> Evidence:
    """Return guesses at a quality, half of it where the name begins before."""
    return found.rows, np.where(found.first, quality, quality / 2).astype(np.float32)


def _joined(*parts: Evidence) -> Evidence:
    return np.concatenate([rows for rows, _ in parts]), np.concatenate([each for _, each in parts])


def _nothing() -> Evidence:
    return np.zeros(0, np.int32), np.zeros(0, np.float32)


def _ordered(evidence: Evidence, boosts: Scores, most: int) -> Iterable[tuple[int, float]]:
    """Yield the best rows, best first, with repetitions, and how well they fit."""
    rows, quality = evidence
    scores = quality + boosts[rows]
    if len(scores) > most:
        best = np.argpartition(-scores, most)[:most]
        rows, quality, scores = rows[best], quality[best], scores[best]
    order = np.lexsort((rows, -scores))
    order = order[scores[order] > -np.inf]
    return zip(rows[order].tolist(), quality[order].tolist(), strict=True)


def _fits(names: Sequence[str], text: str, sound: str, fits: Callable[[str, str], bool]) -> bool:
    """Tell whether a name fits in all its length, of which entries hold the beginning."""
    if len(encoded(text)) < WIDTH and len(sound) < WIDTH:
        return True
    return any(fits(name, text) or fits(key(name), sound) for name in names)


def _begins_respaced(name: str, text: str) -> bool:
    return any(begins(name, each) for each in respaced(text))


def _rhymes(name: str, text: str) -> bool:
    return begins(loose(name), loose(text))


def _anyhow(_name: str, _text: str) -> bool:
    return True
