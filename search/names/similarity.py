"""How much alike two words are, or two names without their spaces, in any script and spelling."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

from search.names.phonetic import key, loose, skeleton

Shares = NDArray[np.float32]
"""Likenesses, 0..1."""

SAME_SOUND = 0.98
SAME_LOOSELY = 0.93  # Tamil's k and g, Hindi's unsaid a
SAME_CONSONANTS = 0.7
TELLING_CONSONANTS = 3  # fewer are shared by accident
SPELLING = 0.2  # of a likeness by sound, what a closer spelling adds
LONGEST_FIXED = 3  # letters; another letter in so short a word makes another word
WEAKEST = 0.6  # below it words share little but common endings
LONGEST = 80  # letters

LETTERS = 27  # and the space
SPACE = ord("a") - 1


@dataclass(frozen=True, slots=True)
class Heard:
    """A folded word, or several without their spaces, and how it sounds."""

    word: str
    key: str
    loose: str

    @classmethod
    def of(cls, words: Iterable[str], keys: Iterable[str]) -> "Heard":
        """Return how folded words sound together."""
        sound = "".join(keys)[:LONGEST]
        return cls("".join(words)[:LONGEST], sound, loose(sound))

    @property
    def number(self) -> bool:
        """Whether it counts something: another number is another name."""
        return self.word.isdecimal() or self.key in NUMBERS

    @property
    def fixed(self) -> bool:
        """Whether a letter more or less makes something else of it."""
        return len(self.key) <= LONGEST_FIXED or self.number

    @property
    def skeleton(self) -> int:
        """A number for its consonants; 0 for none that tell."""
        consonants = skeleton(self.key)
        return hash(consonants) if len(consonants) >= TELLING_CONSONANTS else 0


@lru_cache(1 << 12)
def heard(word: str) -> Heard:
    """Return a folded word with its sounds."""
    sound = key(word).replace(" ", "")
    return Heard(word, sound, loose(sound))


NUMBERS = frozenset(key(str(number)) for number in range(21))


class Sounds:
    """Words or names, numbered from 0, to be compared many at a time."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._keys: list[str] = []
        self._looses: list[str] = []
        self._skeletons = array("q")
        self._fixed = array("b")
        self._lengths = array("b")  # letters of the key

    def __len__(self) -> int:
        return len(self._words)

    def add(self, sound: Heard) -> None:
        """Append one."""
        self._words.append(sound.word)
        # Most words sound as they are spelt: one text serves for both.
        self._keys.append(sound.word if sound.key == sound.word else sound.key)
        self._looses.append(sound.loose)
        self._skeletons.append(sound.skeleton)
        self._fixed.append(sound.fixed)
        self._lengths.append(len(sound.key))

    def word(self, row: int) -> str:
        """Return one as it was written."""
        return self._words[row]

    def key(self, row: int) -> str:
        """Return how one sounds."""
        return self._keys[row]

    def loose(self, row: int) -> str:
        """Return how one sounds loosely."""
        return self._looses[row]

    def as_long(self, asked: Heard, rows: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return those of the rows that are not much longer or shorter than what was asked for."""
        lengths, length = np.frombuffer(self._lengths, np.int8)[rows], len(asked.key)
        return rows[(lengths >= WEAKEST * length) & (WEAKEST * lengths <= length)]

    def alike(self, asked: Heard, rows: NDArray[np.int32]) -> Shares:
        """Return how likely each of the rows is what was asked for, `(n,)`.

        1 is for the very word. Numbers and the shortest words are either the same or unlike.
        """
        chosen = rows.tolist()
        by_word = _edits(asked.word, [self._words[row] for row in chosen])
        by_loose = _edits(asked.loose, [self._looses[row] for row in chosen])
        consonants = self._same_consonants(asked, rows)
        closer = np.flatnonzero((np.maximum(by_word, by_loose) >= WEAKEST) | consonants)
        by_key = _edits(asked.key, [self._keys[row] for row in rows[closer].tolist()])
        likeness = np.zeros(len(rows), np.float32)
        if not asked.fixed:
            likeness[closer] = np.maximum(by_word[closer], (by_key + by_loose[closer]) / 2)
            by_consonants = SAME_CONSONANTS + SPELLING * by_key
            likeness[closer] = np.maximum(likeness[closer], by_consonants * consonants[closer])
            likeness[np.frombuffer(self._fixed, np.bool_)[rows]] = 0
        spelling = 1 - SPELLING + SPELLING * by_key
        likeness[closer] = np.where(
            by_loose[closer] == 1, SAME_LOOSELY * spelling, likeness[closer]
        )
        likeness[closer[by_key == 1]] = SAME_SOUND
        likeness[by_word == 1] = 1
        likeness[likeness < WEAKEST] = 0
        return likeness

    def _same_consonants(self, asked: Heard, rows: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Tell which rows have the consonants of what was asked in another script.

        Who spells in Latin letters spells vowels, too.
        """
        if asked.word.isascii() or not asked.skeleton:
            return np.zeros(len(rows), np.bool_)
        same: NDArray[np.bool_] = np.frombuffer(self._skeletons, np.int64)[rows] == asked.skeleton
        return same


def trigrams(sound: str) -> list[int]:
    """Return the distinct trigrams of a key, padded as `  word `, as numbers below 27³."""
    if not sound:
        return []
    codes = [0, 0, *(letter - SPACE for letter in sound.encode()), 0]
    parts = {
        (codes[at] * LETTERS + codes[at + 1]) * LETTERS + codes[at + 2]
        for at in range(len(codes) - 2)
    }
    return list(parts)


def _edits(asked: str, others: list[str]) -> Shares:
    """Return the share of letters that need no edit; swapping two neighbours is one."""
    scores: Shares = cdist([asked], others, scorer=OSA.normalized_similarity, dtype=np.float32)[0]
    return scores
