"""The words that names are made of, found again where they are spelt a little otherwise."""

from collections.abc import Iterator
from heapq import nlargest
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from search.names.postings import Postings
from search.names.similarity import Heard, Sounds, heard, trigrams

Near = dict[int, float]
"""Numbers of words, and how much each is alike, 0..1."""

CLOSER = 64  # words that share trigrams, looked at one by one
MOST = 24  # words that one may stand for
SHARED = 0.4  # of the trigrams, Dice; what shares less is no misspelling
SHORTEST_BEGINNING = 3  # letters
START, LONGEST_START = 2, 4  # letters of a key by which beginnings are found
BEGINNING, BEGUN = 0.75, 0.2  # likeness of a word that goes on; how much of it was typed
# Letters that are left when one is left out; fewer are left of too many words.
FEWEST_WRITTEN, FEWEST_HEARD, MOST_LETTERS = 2, 3, 11
LONG = 5  # letters of a loose key; longer words may differ in two
BUCKETS = 1 << 18
REMEMBERED = 4096  # words


class Spelling:
    """Distinct words, numbered from 0; grows only. Not thread-safe."""

    def __init__(self) -> None:
        self._sounds = Sounds()
        self._numbers: dict[str, int] = {}
        self._by_bucket = Postings()
        self._by_trigram = Postings()
        self._by_start = Postings()
        self._near: dict[str, Near] = {}
        self._same: dict[str, Near] = {}

    def __len__(self) -> int:
        return len(self._sounds)

    def add(self, word: str) -> int:
        """Return the number of a folded word, known or new."""
        known = self._numbers.get(word)
        if known is not None:
            return known
        number = self._numbers[word] = len(self._sounds)
        sound = heard(word)
        self._sounds.add(sound)
        self._by_bucket.add(_buckets(sound), number)
        self._by_trigram.append(trigrams(sound.loose))
        longest = min(LONGEST_START, len(sound.key))
        self._by_start.add([_bucket(sound.key[:n]) for n in range(START, longest + 1)], number)
        self._near.clear()
        self._same.clear()
        return number

    def word(self, number: int) -> str:
        """Return a word by its number."""
        return self._sounds.word(number)

    def near(self, word: str) -> Near:
        """Return the words that a folded word may stand for."""
        found = self._near.get(word)
        if found is None:
            found = _remember(self._near, word, self._look(heard(word)))
        return found

    def key(self, number: int) -> str:
        """Return how a word sounds."""
        return self._sounds.key(number)

    def same(self, word: str) -> Near:
        """Return the words that sound as a folded word does, loosely."""
        found = self._same.get(word)
        if found is None:
            sound = heard(word)
            likely = self._alike(sound, self._by_bucket.of(_bucket(sound.loose)))
            found = _remember(self._same, word, likely)
        return found

    def beginning(self, word: str) -> Near:
        """Return the words that a folded word may be the beginning of."""
        sound = heard(word).key
        if len(word) < SHORTEST_BEGINNING or len(sound) < START:
            return {}
        begun = {
            number: len(sound) / len(whole)
            for number in self._by_start.of(_bucket(sound[:LONGEST_START])).tolist()
            if (whole := self._sounds.key(number)).startswith(sound)
        }
        likeliest = nlargest(MOST, begun.items(), key=itemgetter(1))
        return {number: BEGINNING + BEGUN * share for number, share in likeliest}

    def settle(self) -> None:
        """Make ready for many questions after many additions."""
        self._by_start.settle()
        self._by_bucket.settle()
        self._by_trigram.settle()

    def _look(self, sound: Heard) -> Near:
        if sound.fixed:
            return self.same(sound.word)
        found = [self._by_bucket.of(bucket) for bucket in _buckets(sound)]
        if len(sound.loose) >= LONG:
            parts = trigrams(sound.loose)
            found.append(self._by_trigram.sharing(parts, share=SHARED, most=CLOSER))
        return self._alike(sound, np.concatenate(found))

    def _alike(self, sound: Heard, candidates: NDArray[np.int32]) -> Near:
        rows = self._sounds.as_long(sound, np.unique(candidates))
        likeness = self._sounds.alike(sound, rows)
        kept = np.flatnonzero(likeness > 0)
        kept = kept[np.argsort(-likeness[kept], kind="stable")[:MOST]]
        return dict(zip(rows[kept].tolist(), likeness[kept].tolist(), strict=True))


def _remember(remembered: dict[str, Near], word: str, found: Near) -> Near:
    if len(remembered) >= REMEMBERED:
        remembered.clear()
    remembered[word] = found
    return found


def _buckets(sound: Heard) -> set[int]:
    """Return where words meet that differ in one letter, written or heard, or in vowels alone."""
    forms = {sound.word, sound.loose, *_shortened(sound.word, FEWEST_WRITTEN)}
    forms.update(_shortened(sound.loose, FEWEST_HEARD))
    consonants = sound.skeleton
    return {_bucket(form) for form in forms} | ({consonants % BUCKETS} if consonants else set())


def _shortened(word: str, fewest: int) -> Iterator[str]:
    """Yield a word with each of its letters left out."""
    if fewest < len(word) <= MOST_LETTERS:
        yield from (word[:at] + word[at + 1 :] for at in range(len(word)))


def _bucket(form: str) -> int:
    return hash(form) % BUCKETS
