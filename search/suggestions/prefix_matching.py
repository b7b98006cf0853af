"""Who has a name that begins as what was typed does, by spelling and by sound.

What begins so comes first, then names that hold every typed word, then those a letter away; within
each, a better match and a greater boost.
"""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.names.phonetic import loose_key, phonetic_key
from search.suggestions.prefix_index import (
    ENTRY_WIDTH_BYTES,
    MIN_TRUNCATED_LETTERS,
    Mask,
    PrefixIndex,
    PrefixMatches,
    Rows,
    encode_entry,
    has_similar_word_prefix,
    has_word_prefix,
    space_edits,
)

# How well a name fits; a step outweighs most of what boosts may add.
WHOLE_NAME_QUALITY, NAME_START_QUALITY, INNER_WORD_QUALITY = 1.0, 0.8, 0.62
SOUND_ONLY_PENALTY = 0.06  # taken off where a name is the same by its sound alone
WHOLE_SOUND_QUALITY = 0.86  # instead of all: many names sound alike
MAX_WEAK_SOUND_LETTERS = 2  # letters of sound; they begin half of all names
RESPACED_QUALITY, ALL_WORDS_QUALITY = (
    0.5,
    0.4,
)  # two words written as one, or one as two; every word, somewhere
LOOSE_SOUND_QUALITY, MISSPELLED_QUALITY = (
    0.3,
    0.2,
)  # by a sound that leaves voice and vowels out; a letter away
MISSPELLED_SOUND_QUALITY = 0.1  # the sound is a letter away, or the last letter is wrong
MIN_CERTAIN_QUALITY = 0.6  # above it nothing was guessed and no word is out of place

MAX_TYPED_WORDS = 6  # whoever types more describes a plot
MAX_GUESSES = 5
CANDIDATES_PER_RESULT = 16  # times as many entries as wanted: a title's names begin alike
MIN_MISSPELLED_LETTERS = 2  # letters
EXACT_LETTERS_BY_LENGTH = {2: 1, 3: 1}  # letters typed, to letters at the beginning that are right
MIN_RESPACED_LETTERS = 4
MIN_LOOSE_KEY_LETTERS = 3  # consonants, mostly
MIN_MISSPELLED_WORD_LETTERS = 4  # letters; shorter ones may be misspelt into too many others

FIRST_INDIC = "\u0900"

Scores = NDArray[np.float32]  # (n,)
GradedRows = tuple[Rows, Scores]  # with repetitions


@dataclass(frozen=True, slots=True)
class PrefixTable:
    """The beginnings of names as they are written, as they sound, and roughly as they sound."""

    by_spelling: PrefixIndex
    by_sound: PrefixIndex
    by_loose_sound: PrefixIndex

    @classmethod
    def build(cls, names_by_row: Sequence[tuple[int, Sequence[str]]]) -> "PrefixTable":
        """Return the table of rows and their folded names."""
        heard = [
            (row, list(dict.fromkeys(map(phonetic_key, names)))) for row, names in names_by_row
        ]
        rough = ((row, dict.fromkeys(map(loose_key, names))) for row, names in heard)
        return cls(
            PrefixIndex.build(names_by_row), PrefixIndex.build(heard), PrefixIndex.build(rough)
        )

    def merge(self, other: "PrefixTable") -> "PrefixTable":
        """Return the entries of both."""
        return PrefixTable(
            self.by_spelling.merge(other.by_spelling),
            self.by_sound.merge(other.by_sound),
            self.by_loose_sound.merge(other.by_loose_sound),
        )

    def renumber(self, new_rows: Rows) -> "PrefixTable":
        """Return the entries of the rows that stay, by their new numbers; -1 goes."""
        return PrefixTable(
            self.by_spelling.renumber(new_rows),
            self.by_sound.renumber(new_rows),
            self.by_loose_sound.renumber(new_rows),
        )

    def search(
        self,
        text: str,
        boosts: Scores,
        names_of: Callable[[int], Sequence[str]],
        *,
        limit: int,
    ) -> list[tuple[int, float]]:
        """Return the best rows and how well they fit, going on to guesses where too few do.

        `boosts` (n,) are of all rows, minus infinity for those left out; `names` returns the
        folded names of a row.
        """
        sound = partial_phonetic_key(text)
        kept: dict[int, float] = {}

        def keep(evidence: GradedRows, most: int, fits: Callable[[str, str], bool]) -> None:
            for row, quality in _best_rows(evidence, boosts, CANDIDATES_PER_RESULT * most):
                if len(kept) >= most:
                    return
                if row not in kept and _fits_in_full(names_of(row), text, sound, fits):
                    kept[row] = quality

        n = len(boosts)
        keep(self.find_prefix(text, sound), limit, has_word_prefix)
        if len(kept) < limit:
            keep(self.find_respaced(sound), limit, _has_respaced_prefix)
            keep(self.find_all_words(text, n), limit, _always_fits)
        if not any(quality > MIN_CERTAIN_QUALITY for quality in kept.values()):
            most = min(limit, len(kept) + MAX_GUESSES)
            keep(self.find_misspelled(text, sound), most, has_similar_word_prefix)
            keep(self.find_loose_sound(sound), most, _has_loose_prefix)
            if len(kept) < most:
                keep(self.find_similar_words(text, n), most, _always_fits)
        return list(kept.items())

    def find_prefix(self, text: str, sound: str) -> GradedRows:
        """Return the rows with a name that begins as typed, and how well it fits."""
        written = _grade_prefix(self.by_spelling, text, WHOLE_NAME_QUALITY)
        if len(sound) <= MAX_WEAK_SOUND_LETTERS and len(written[0]):
            return written
        return _concatenate(
            written, _grade_prefix(self.by_sound, sound, WHOLE_SOUND_QUALITY, SOUND_ONLY_PENALTY)
        )

    def find_respaced(self, sound: str) -> GradedRows:
        """Return the rows with a name that begins so, but for a space."""
        if len(sound) < MIN_RESPACED_LETTERS:
            return _no_rows()
        return _grade_guesses(self.by_sound.find_any(space_edits(sound)), RESPACED_QUALITY)

    def find_all_words(self, text: str, n: int) -> GradedRows:
        """Return the rows of `n` that hold every word, in any order."""
        words = _typed_words(text)
        if len(words) < 2:
            return _no_rows()
        return _grade_mask(
            np.logical_and.reduce([self._rows_with_word(word, n) for word in words]),
            ALL_WORDS_QUALITY,
        )

    def find_similar_words(self, text: str, n: int) -> GradedRows:
        """Return the rows of `n` that hold every word or one that is nearly the same."""
        words = sorted(_typed_words(text), key=len, reverse=True)
        if len(words) < 2:
            return _no_rows()
        found = np.ones(n, bool)
        for word in words:
            mask = self._rows_with_word(word, n)
            if len(word) >= MIN_MISSPELLED_WORD_LETTERS:
                self._add_similar(word, mask)
            found &= mask
            if not found.any():
                break
        return _grade_mask(found, MISSPELLED_QUALITY)

    def find_loose_sound(self, sound: str) -> GradedRows:
        """Return the rows with a name that begins roughly as what was typed sounds."""
        rough = loose_key(sound)
        if len(rough) < MIN_LOOSE_KEY_LETTERS:
            return _no_rows()
        return _grade_guesses(self.by_loose_sound.find(rough), LOOSE_SOUND_QUALITY)

    def find_misspelled(self, text: str, sound: str) -> GradedRows:
        """Return the rows with a name that begins a letter away from what was typed."""
        if len(text) < MIN_MISSPELLED_LETTERS:
            return _no_rows()
        keep = EXACT_LETTERS_BY_LENGTH.get(len(text), 0)
        parts = [
            _grade_guesses(
                self.by_spelling.find_misspelled(text, exact_letters=keep), MISSPELLED_QUALITY
            ),
            _grade_guesses(
                self.by_sound.find_misspelled(sound, exact_letters=keep), MISSPELLED_SOUND_QUALITY
            ),
        ]
        if len(text) >= MIN_TRUNCATED_LETTERS:
            parts.append(_grade_guesses(self.by_spelling.find(text[:-1]), MISSPELLED_SOUND_QUALITY))
            parts.append(_grade_guesses(self.by_sound.find(sound[:-1]), MISSPELLED_SOUND_QUALITY))
        return _concatenate(*parts)

    def _rows_with_word(self, word: str, n: int) -> Mask:
        mask = np.zeros(n, bool)
        mask[self.by_spelling.find(word).rows] = True
        mask[self.by_sound.find(partial_phonetic_key(word)).rows] = True
        return mask

    def _add_similar(self, word: str, mask: Mask) -> None:
        sound = partial_phonetic_key(word)
        mask[self.by_spelling.find_misspelled(word, exact_letters=1).rows] = True
        mask[self.by_sound.find_misspelled(sound, exact_letters=1).rows] = True
        if len(word) >= MIN_TRUNCATED_LETTERS:
            mask[self.by_spelling.find(word[:-1]).rows] = True
            mask[self.by_sound.find(sound[:-1]).rows] = True
        if len(rough := loose_key(sound)) >= MIN_LOOSE_KEY_LETTERS:
            mask[self.by_loose_sound.find(rough).rows] = True


def partial_phonetic_key(text: str) -> str:
    """Return the key of what is being typed, whose last letter may still get its vowel.

    >>> sound_of("bah"), sound_of("బాహ"), sound_of("bahu")
    ('bah', 'bah', 'bahu')
    """
    if text.endswith("h"):  # heard before a vowel alone
        return phonetic_key(f"{text}a")[:-1]
    sound = phonetic_key(text)
    open_ended = text[-1:] >= FIRST_INDIC and unicodedata.category(text[-1]) == "Lo"
    return sound[:-1] if open_ended and len(sound) > 1 and sound.endswith("a") else sound


def _grade_prefix(
    prefixes: PrefixIndex, text: str, whole_quality: float, penalty: float = 0.0
) -> GradedRows:
    found = prefixes.find(text)
    complete = found.is_name_start & prefixes.are_whole_texts(text, found)
    quality = (
        np.where(
            complete,
            whole_quality,
            np.where(found.is_name_start, NAME_START_QUALITY, INNER_WORD_QUALITY),
        )
        - penalty
    )
    return found.rows, quality.astype(np.float32)


def _typed_words(text: str) -> list[str]:
    """Return the words to be looked for one by one; none of what is too long for a name."""
    words = text.split(" ")
    return words if len(words) <= MAX_TYPED_WORDS else []


def _grade_mask(mask: Mask, quality: float) -> GradedRows:
    rows = np.flatnonzero(mask).astype(np.int32)
    return rows, np.full(len(rows), quality, np.float32)


def _grade_guesses(matches: PrefixMatches, quality: float) -> GradedRows:
    """Return guesses at a quality, half of it where the name begins before."""
    return matches.rows, np.where(matches.is_name_start, quality, quality / 2).astype(np.float32)


def _concatenate(*parts: GradedRows) -> GradedRows:
    return np.concatenate([rows for rows, _ in parts]), np.concatenate([each for _, each in parts])


def _no_rows() -> GradedRows:
    return np.zeros(0, np.int32), np.zeros(0, np.float32)


def _best_rows(graded_rows: GradedRows, boosts: Scores, limit: int) -> Iterable[tuple[int, float]]:
    """Yield the best rows, best first, with repetitions, and how well they fit."""
    rows, quality = graded_rows
    scores = quality + boosts[rows]
    if len(scores) > limit:
        best = np.argpartition(-scores, limit)[:limit]
        rows, quality, scores = rows[best], quality[best], scores[best]
    order = np.lexsort((rows, -scores))
    order = order[scores[order] > -np.inf]
    return zip(rows[order].tolist(), quality[order].tolist(), strict=True)


def _fits_in_full(
    names: Sequence[str], text: str, sound: str, fits: Callable[[str, str], bool]
) -> bool:
    """Tell whether a name fits in all its length, of which entries hold the beginning."""
    if len(encode_entry(text)) < ENTRY_WIDTH_BYTES and len(sound) < ENTRY_WIDTH_BYTES:
        return True
    return any(fits(name, text) or fits(phonetic_key(name), sound) for name in names)


def _has_respaced_prefix(name: str, text: str) -> bool:
    return any(has_word_prefix(name, each) for each in space_edits(text))


def _has_loose_prefix(name: str, text: str) -> bool:
    return has_word_prefix(loose_key(name), loose_key(text))


def _always_fits(_name: str, _text: str) -> bool:
    return True
