"""How similar two words are, or two names without their spaces, in any script and spelling."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

from search.names.phonetic import consonant_skeleton, loose_key, phonetic_key

Similarities = NDArray[np.float32]
"""(n,), each 0..1."""

SAME_SOUND_SIMILARITY = 0.98
SAME_LOOSE_SOUND_SIMILARITY = 0.93  # Tamil's k and g, Hindi's silent a
SAME_CONSONANTS_SIMILARITY = 0.7
MIN_SKELETON_CONSONANTS = 3  # fewer are shared by chance
SPELLING_WEIGHT = 0.2  # share of a similarity by sound that the spelling decides
MAX_EXACT_KEY_LETTERS = 3  # of a key; in so short a word another letter makes another word
MIN_SIMILARITY = 0.6  # words below it share little more than common endings
MAX_COMPARED_LETTERS = 80

ALPHABET_SIZE = 27  # 26 letters and the space
SPACE_CODE = ord("a") - 1


@dataclass(frozen=True, slots=True)
class PhoneticForm:
    """A folded word, or several without their spaces, and its keys."""

    word: str
    key: str
    loose_key: str

    @classmethod
    def from_words(cls, words: Iterable[str], keys: Iterable[str]) -> "PhoneticForm":
        """Return the joint form of folded words with these phonetic keys."""
        key = "".join(keys)[:MAX_COMPARED_LETTERS]
        return cls("".join(words)[:MAX_COMPARED_LETTERS], key, loose_key(key))

    @property
    def is_number(self) -> bool:
        """Whether it is a number, in digits or as a word."""
        return self.word.isdecimal() or self.key in NUMBER_KEYS

    @property
    def needs_exact_match(self) -> bool:
        """Whether a different letter makes a different word."""
        return len(self.key) <= MAX_EXACT_KEY_LETTERS or self.is_number

    @property
    def skeleton_hash(self) -> int:
        """A hash of its consonants; 0 if there are too few."""
        consonants = consonant_skeleton(self.key)
        return hash(consonants) if len(consonants) >= MIN_SKELETON_CONSONANTS else 0


@lru_cache(1 << 12)
def phonetic_form(word: str) -> PhoneticForm:
    """Return a folded word with its keys."""
    key = phonetic_key(word).replace(" ", "")
    return PhoneticForm(word, key, loose_key(key))


NUMBER_KEYS = frozenset(phonetic_key(str(number)) for number in range(21))


class PhoneticTable:
    """Words or names, numbered from 0, compared many at a time."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._keys: list[str] = []
        self._loose_keys: list[str] = []
        self._skeleton_hashes = array("q")
        self._needs_exact_match = array("b")
        self._key_lengths = array("b")

    def __len__(self) -> int:
        return len(self._words)

    def add(self, form: PhoneticForm) -> None:
        """Append a row."""
        self._words.append(form.word)
        # Most keys equal the word: store one string for both.
        self._keys.append(form.word if form.key == form.word else form.key)
        self._loose_keys.append(form.loose_key)
        self._skeleton_hashes.append(form.skeleton_hash)
        self._needs_exact_match.append(form.needs_exact_match)
        self._key_lengths.append(len(form.key))

    def word(self, row: int) -> str:
        """Return the folded word of a row."""
        return self._words[row]

    def key(self, row: int) -> str:
        """Return the phonetic key of a row."""
        return self._keys[row]

    def loose_key(self, row: int) -> str:
        """Return the loose key of a row."""
        return self._loose_keys[row]

    def rows_of_similar_length(
        self, form: PhoneticForm, rows: NDArray[np.int32]
    ) -> NDArray[np.int32]:
        """Return the rows whose keys are about as long as the form's."""
        lengths, length = np.frombuffer(self._key_lengths, np.int8)[rows], len(form.key)
        return rows[(lengths >= MIN_SIMILARITY * length) & (MIN_SIMILARITY * lengths <= length)]

    def similarities(self, form: PhoneticForm, rows: NDArray[np.int32]) -> Similarities:
        """Return the similarity of each row to a form, `(n,)`; 1 only for the same word.

        Numbers and the shortest words are either the same or not similar at all.
        """
        row_list = rows.tolist()
        by_word = _edit_similarities(form.word, [self._words[row] for row in row_list])
        by_loose = _edit_similarities(form.loose_key, [self._loose_keys[row] for row in row_list])
        consonants = self._share_consonants(form, rows)
        closer = np.flatnonzero((np.maximum(by_word, by_loose) >= MIN_SIMILARITY) | consonants)
        by_key = _edit_similarities(form.key, [self._keys[row] for row in rows[closer].tolist()])
        similarity = np.zeros(len(rows), np.float32)
        if not form.needs_exact_match:
            similarity[closer] = np.maximum(by_word[closer], (by_key + by_loose[closer]) / 2)
            by_consonants = SAME_CONSONANTS_SIMILARITY + SPELLING_WEIGHT * by_key
            similarity[closer] = np.maximum(similarity[closer], by_consonants * consonants[closer])
            similarity[np.frombuffer(self._needs_exact_match, np.bool_)[rows]] = 0
        spelling = 1 - SPELLING_WEIGHT + SPELLING_WEIGHT * by_key
        similarity[closer] = np.where(
            by_loose[closer] == 1, SAME_LOOSE_SOUND_SIMILARITY * spelling, similarity[closer]
        )
        similarity[closer[by_key == 1]] = SAME_SOUND_SIMILARITY
        similarity[by_word == 1] = 1
        similarity[similarity < MIN_SIMILARITY] = 0
        return similarity

    def _share_consonants(self, form: PhoneticForm, rows: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Return which rows have the same consonants as a form in a native script.

        In Latin letters people write the vowels, too.
        """
        if form.word.isascii() or not form.skeleton_hash:
            return np.zeros(len(rows), np.bool_)
        hashes = np.frombuffer(self._skeleton_hashes, np.int64)[rows]
        same: NDArray[np.bool_] = hashes == form.skeleton_hash
        return same


def trigrams(key: str) -> list[int]:
    """Return the distinct trigrams of a key, padded as `  word `, as numbers below 27³."""
    if not key:
        return []
    codes = [0, 0, *(letter - SPACE_CODE for letter in key.encode()), 0]
    numbers = {
        (codes[at] * ALPHABET_SIZE + codes[at + 1]) * ALPHABET_SIZE + codes[at + 2]
        for at in range(len(codes) - 2)
    }
    return list(numbers)


def _edit_similarities(text: str, others: list[str]) -> Similarities:
    """Return the share of letters that need no edit; swapping two neighbours is one edit."""
    scores: Similarities = cdist(
        [text], others, scorer=OSA.normalized_similarity, dtype=np.float32
    )[0]
    return scores
