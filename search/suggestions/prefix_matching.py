"""Names that begin with the typed text, by spelling and by sound.

Names that begin with it come first, then names that contain every typed word, then names one letter
away; within each group, better matches and greater boosts come first.
"""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.names.phonetic import loose_key, phonetic_key
from search.names.postings import Rows
from search.suggestions.prefix_index import (
    ENTRY_WIDTH_BYTES,
    MIN_TRUNCATED_LETTERS,
    Mask,
    PrefixIndex,
    PrefixMatches,
    encode_entry,
    has_similar_word_prefix,
    has_word_prefix,
    space_edits,
)

# How well a name fits; each step outweighs most of what boosts can add.
WHOLE_NAME_QUALITY, NAME_START_QUALITY, INNER_WORD_QUALITY = 1.0, 0.8, 0.62
SOUND_ONLY_PENALTY = 0.06  # where only the sound matches
WHOLE_SOUND_QUALITY = 0.86  # of a whole name by its sound: many names sound alike
MAX_WEAK_SOUND_LETTERS = 2  # of a key; so short keys begin half of all names
RESPACED_QUALITY = 0.5  # two words written as one, or one as two
ALL_WORDS_QUALITY = 0.4  # every typed word, in any order
LOOSE_SOUND_QUALITY = 0.3  # by the loose key
MISSPELLED_QUALITY = 0.2  # one edit away
MISSPELLED_SOUND_QUALITY = 0.1  # the key is one edit away, or the last letter is wrong
MIN_CERTAIN_QUALITY = 0.6  # better matches are neither guessed nor have reordered words

MAX_TYPED_WORDS = 6  # longer texts describe a plot
MAX_GUESSES = 5
CANDIDATES_PER_RESULT = 16  # entries looked at: the names of one title begin alike
MIN_MISSPELLED_LETTERS = 2
EXACT_LETTERS_BY_LENGTH = {2: 1, 3: 1}  # length of the text, to its first letters without typos
MIN_RESPACED_LETTERS = 4
MIN_LOOSE_KEY_LETTERS = 3
MIN_MISSPELLED_WORD_LETTERS = 4  # shorter words are one edit away from too many others

FIRST_INDIC = "\u0900"

Scores = NDArray[np.float32]  # (n,)
GradedRows = tuple[Rows, Scores]  # with repetitions


@dataclass(frozen=True, slots=True)
class PrefixTable:
    """The beginnings of names: of their spelling, phonetic keys and loose keys."""

    by_spelling: PrefixIndex
    by_sound: PrefixIndex
    by_loose_sound: PrefixIndex

    @classmethod
    def build(cls, names_by_row: Sequence[tuple[int, Sequence[str]]]) -> "PrefixTable":
        """Return a table of rows and their folded names."""
        keys = [(row, list(dict.fromkeys(map(phonetic_key, names)))) for row, names in names_by_row]
        loose_keys = ((row, dict.fromkeys(map(loose_key, row_keys))) for row, row_keys in keys)
        return cls(
            PrefixIndex.build(names_by_row), PrefixIndex.build(keys), PrefixIndex.build(loose_keys)
        )

    def merge(self, other: "PrefixTable") -> "PrefixTable":
        """Return a table with the entries of both."""
        return PrefixTable(
            self.by_spelling.merge(other.by_spelling),
            self.by_sound.merge(other.by_sound),
            self.by_loose_sound.merge(other.by_loose_sound),
        )

    def renumber(self, new_rows: Rows) -> "PrefixTable":
        """Return a table with new row numbers; rows whose number is -1 are removed."""
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
        """Return the best rows and how well they fit, with guesses where too few fit exactly.

        `boosts` (n,) are of all rows, minus infinity for excluded ones; `names_of` returns the
        folded names of a row.
        """
        sound = partial_phonetic_key(text)
        results: dict[int, float] = {}

        def add(graded: GradedRows, limit: int, fits: Callable[[str, str], bool]) -> None:
            for row, quality in _best_rows(graded, boosts, CANDIDATES_PER_RESULT * limit):
                if len(results) >= limit:
                    return
                if row not in results and _fits_in_full(names_of(row), text, sound, fits):
                    results[row] = quality

        n = len(boosts)
        add(self.find_prefix(text, sound), limit, has_word_prefix)
        if len(results) < limit:
            add(self.find_respaced(sound), limit, _has_respaced_prefix)
            add(self.find_all_words(text, n), limit, _always_fits)
        if not any(quality > MIN_CERTAIN_QUALITY for quality in results.values()):
            limit = min(limit, len(results) + MAX_GUESSES)
            add(self.find_misspelled(text, sound), limit, has_similar_word_prefix)
            add(self.find_loose_sound(sound), limit, _has_loose_prefix)
            if len(results) < limit:
                add(self.find_similar_words(text, n), limit, _always_fits)
        return list(results.items())

    def find_prefix(self, text: str, sound: str) -> GradedRows:
        """Return the rows with a name that begins as typed."""
        by_spelling = _grade_prefix(self.by_spelling, text, WHOLE_NAME_QUALITY)
        if len(sound) <= MAX_WEAK_SOUND_LETTERS and len(by_spelling[0]):
            return by_spelling
        return _concatenate(
            by_spelling,
            _grade_prefix(self.by_sound, sound, WHOLE_SOUND_QUALITY, SOUND_ONLY_PENALTY),
        )

    def find_respaced(self, sound: str) -> GradedRows:
        """Return the rows with a name that begins as typed, but for a space."""
        if len(sound) < MIN_RESPACED_LETTERS:
            return _no_rows()
        return _grade_guesses(self.by_sound.find_any(space_edits(sound)), RESPACED_QUALITY)

    def find_all_words(self, text: str, n: int) -> GradedRows:
        """Return the rows of `n` that contain every typed word, in any order."""
        words = _typed_words(text)
        if len(words) < 2:
            return _no_rows()
        return _grade_mask(
            np.logical_and.reduce([self._rows_with_word(word, n) for word in words]),
            ALL_WORDS_QUALITY,
        )

    def find_similar_words(self, text: str, n: int) -> GradedRows:
        """Return the rows of `n` that contain every typed word or a similar one."""
        words = sorted(_typed_words(text), key=len, reverse=True)
        if len(words) < 2:
            return _no_rows()
        fitting = np.ones(n, bool)
        for word in words:
            mask = self._rows_with_word(word, n)
            if len(word) >= MIN_MISSPELLED_WORD_LETTERS:
                self._add_similar(word, mask)
            fitting &= mask
            if not fitting.any():
                break
        return _grade_mask(fitting, MISSPELLED_QUALITY)

    def find_loose_sound(self, sound: str) -> GradedRows:
        """Return the rows with a name whose loose key begins like the typed text's."""
        key = loose_key(sound)
        if len(key) < MIN_LOOSE_KEY_LETTERS:
            return _no_rows()
        return _grade_guesses(self.by_loose_sound.find(key), LOOSE_SOUND_QUALITY)

    def find_misspelled(self, text: str, sound: str) -> GradedRows:
        """Return the rows with a name that begins with a text one edit away."""
        if len(text) < MIN_MISSPELLED_LETTERS:
            return _no_rows()
        exact = EXACT_LETTERS_BY_LENGTH.get(len(text), 0)
        by_spelling = self.by_spelling.find_misspelled(text, exact_letters=exact)
        by_sound = self.by_sound.find_misspelled(sound, exact_letters=exact)
        parts = [
            _grade_guesses(by_spelling, MISSPELLED_QUALITY),
            _grade_guesses(by_sound, MISSPELLED_SOUND_QUALITY),
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
        if len(key := loose_key(sound)) >= MIN_LOOSE_KEY_LETTERS:
            mask[self.by_loose_sound.find(key).rows] = True


def partial_phonetic_key(text: str) -> str:
    """Return the key of a text that is still being typed: its last letter may yet get a vowel.

    >>> partial_phonetic_key("bah"), partial_phonetic_key("బాహ"), partial_phonetic_key("bahu")
    ('bah', 'bah', 'bahu')
    """
    if text.endswith("h"):  # silent unless a vowel follows
        return phonetic_key(f"{text}a")[:-1]
    sound = phonetic_key(text)
    open_ended = text[-1:] >= FIRST_INDIC and unicodedata.category(text[-1]) == "Lo"
    return sound[:-1] if open_ended and len(sound) > 1 and sound.endswith("a") else sound


def _grade_prefix(
    prefixes: PrefixIndex, text: str, whole_quality: float, penalty: float = 0.0
) -> GradedRows:
    matches = prefixes.find(text)
    is_whole_name = matches.is_name_start & prefixes.are_whole_texts(text, matches)
    start_quality = np.where(matches.is_name_start, NAME_START_QUALITY, INNER_WORD_QUALITY)
    quality = np.where(is_whole_name, whole_quality, start_quality) - penalty
    return matches.rows, quality.astype(np.float32)


def _typed_words(text: str) -> list[str]:
    """Return the words to look up one by one; none if the text is too long for a name."""
    words = text.split(" ")
    return words if len(words) <= MAX_TYPED_WORDS else []


def _grade_mask(mask: Mask, quality: float) -> GradedRows:
    rows = np.flatnonzero(mask).astype(np.int32)
    return rows, np.full(len(rows), quality, np.float32)


def _grade_guesses(matches: PrefixMatches, quality: float) -> GradedRows:
    """Return guesses with a quality, halved where they match a later word of the name."""
    return matches.rows, np.where(matches.is_name_start, quality, quality / 2).astype(np.float32)


def _concatenate(*parts: GradedRows) -> GradedRows:
    return np.concatenate([rows for rows, _ in parts]), np.concatenate([each for _, each in parts])


def _no_rows() -> GradedRows:
    return np.zeros(0, np.int32), np.zeros(0, np.float32)


def _best_rows(graded_rows: GradedRows, boosts: Scores, limit: int) -> Iterable[tuple[int, float]]:
    """Return the best rows with their qualities, best first, with repetitions."""
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
    """Return whether a full name fits, where entries only store its beginning."""
    if len(encode_entry(text)) < ENTRY_WIDTH_BYTES and len(sound) < ENTRY_WIDTH_BYTES:
        return True
    return any(fits(name, text) or fits(phonetic_key(name), sound) for name in names)


def _has_respaced_prefix(name: str, text: str) -> bool:
    return any(has_word_prefix(name, each) for each in space_edits(text))


def _has_loose_prefix(name: str, text: str) -> bool:
    return has_word_prefix(loose_key(name), loose_key(text))


def _always_fits(_name: str, _text: str) -> bool:
    return True
