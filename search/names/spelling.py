"""The words that names are made of, found again where they are spelt a little otherwise."""

from collections.abc import Iterator
from heapq import nlargest
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from search.names.postings import Postings
from search.names.similarity import PhoneticForm, PhoneticTable, phonetic_form, trigrams

SimilarWords = dict[int, float]
"""Numbers of words, and how much each is alike, 0..1."""

MAX_TRIGRAM_CANDIDATES = 64  # words that share trigrams, looked at one by one
MAX_SIMILAR_WORDS = 24  # words that one may stand for
MIN_TRIGRAM_SHARE = 0.4  # of the trigrams, Dice; what shares less is no misspelling
MIN_PREFIX_LETTERS = 3  # letters
MIN_INDEXED_PREFIX_LETTERS, MAX_INDEXED_PREFIX_LETTERS = (
    2,
    4,
)  # letters of a key by which beginnings are found
PREFIX_BASE_SIMILARITY, PREFIX_SHARE_WEIGHT = (
    0.75,
    0.2,
)  # likeness of a word that goes on; how much of it was typed
# Letters that are left when one is left out; fewer are left of too many words.
MIN_SPELLING_DELETION_LETTERS, MIN_SOUND_DELETION_LETTERS, MAX_DELETION_LETTERS = 2, 3, 11
MIN_TRIGRAM_KEY_LETTERS = 5  # letters of a loose key; longer words may differ in two
BUCKET_COUNT = 1 << 18
MAX_CACHED_WORDS = 4096  # words


class SpellingIndex:
    """Distinct words, numbered from 0; grows only. Not thread-safe."""

    def __init__(self) -> None:
        self._forms = PhoneticTable()
        self._word_numbers: dict[str, int] = {}
        self._by_bucket = Postings()
        self._by_trigram = Postings()
        self._by_prefix = Postings()
        self._similar_words_cache: dict[str, SimilarWords] = {}
        self._same_sound_cache: dict[str, SimilarWords] = {}

    def __len__(self) -> int:
        return len(self._forms)

    def add(self, word: str) -> int:
        """Return the number of a folded word, known or new."""
        known = self._word_numbers.get(word)
        if known is not None:
            return known
        number = self._word_numbers[word] = len(self._forms)
        sound = phonetic_form(word)
        self._forms.add(sound)
        self._by_bucket.add(_buckets(sound), number)
        self._by_trigram.append_row(trigrams(sound.loose_key))
        longest = min(MAX_INDEXED_PREFIX_LETTERS, len(sound.key))
        self._by_prefix.add(
            [_bucket(sound.key[:n]) for n in range(MIN_INDEXED_PREFIX_LETTERS, longest + 1)], number
        )
        self._similar_words_cache.clear()
        self._same_sound_cache.clear()
        return number

    def word(self, number: int) -> str:
        """Return a word by its number."""
        return self._forms.word(number)

    def similar_words(self, word: str) -> SimilarWords:
        """Return the words that a folded word may stand for."""
        found = self._similar_words_cache.get(word)
        if found is None:
            found = _store(self._similar_words_cache, word, self._find_similar(phonetic_form(word)))
        return found

    def key(self, number: int) -> str:
        """Return how a word sounds."""
        return self._forms.key(number)

    def same_sounding_words(self, word: str) -> SimilarWords:
        """Return the words that sound as a folded word does, loosely."""
        found = self._same_sound_cache.get(word)
        if found is None:
            sound = phonetic_form(word)
            likely = self._most_similar(sound, self._by_bucket.rows_of(_bucket(sound.loose_key)))
            found = _store(self._same_sound_cache, word, likely)
        return found

    def words_with_prefix(self, word: str) -> SimilarWords:
        """Return the words that a folded word may be the beginning of."""
        sound = phonetic_form(word).key
        if len(word) < MIN_PREFIX_LETTERS or len(sound) < MIN_INDEXED_PREFIX_LETTERS:
            return {}
        begun = {
            number: len(sound) / len(whole)
            for number in self._by_prefix.rows_of(
                _bucket(sound[:MAX_INDEXED_PREFIX_LETTERS])
            ).tolist()
            if (whole := self._forms.key(number)).startswith(sound)
        }
        likeliest = nlargest(MAX_SIMILAR_WORDS, begun.items(), key=itemgetter(1))
        return {
            number: PREFIX_BASE_SIMILARITY + PREFIX_SHARE_WEIGHT * share
            for number, share in likeliest
        }

    def compact(self) -> None:
        """Make ready for many questions after many additions."""
        self._by_prefix.compact()
        self._by_bucket.compact()
        self._by_trigram.compact()

    def _find_similar(self, form: PhoneticForm) -> SimilarWords:
        if form.needs_exact_match:
            return self.same_sounding_words(form.word)
        found = [self._by_bucket.rows_of(bucket) for bucket in _buckets(form)]
        if len(form.loose_key) >= MIN_TRIGRAM_KEY_LETTERS:
            parts = trigrams(form.loose_key)
            found.append(
                self._by_trigram.rows_sharing(
                    parts, min_share=MIN_TRIGRAM_SHARE, limit=MAX_TRIGRAM_CANDIDATES
                )
            )
        return self._most_similar(form, np.concatenate(found))

    def _most_similar(self, form: PhoneticForm, candidates: NDArray[np.int32]) -> SimilarWords:
        rows = self._forms.rows_of_similar_length(form, np.unique(candidates))
        likeness = self._forms.similarities(form, rows)
        kept = np.flatnonzero(likeness > 0)
        kept = kept[np.argsort(-likeness[kept], kind="stable")[:MAX_SIMILAR_WORDS]]
        return dict(zip(rows[kept].tolist(), likeness[kept].tolist(), strict=True))


def _store(cache: dict[str, SimilarWords], word: str, words: SimilarWords) -> SimilarWords:
    if len(cache) >= MAX_CACHED_WORDS:
        cache.clear()
    cache[word] = words
    return words


def _buckets(word_form: PhoneticForm) -> set[int]:
    """Return where words meet that differ in one letter, written or heard, or in vowels alone."""
    forms = {
        word_form.word,
        word_form.loose_key,
        *_deletions(word_form.word, MIN_SPELLING_DELETION_LETTERS),
    }
    forms.update(_deletions(word_form.loose_key, MIN_SOUND_DELETION_LETTERS))
    consonants = word_form.skeleton_hash
    return {_bucket(form) for form in forms} | (
        {consonants % BUCKET_COUNT} if consonants else set()
    )


def _deletions(word: str, min_letters: int) -> Iterator[str]:
    """Yield a word with each of its letters left out."""
    if min_letters < len(word) <= MAX_DELETION_LETTERS:
        yield from (word[:at] + word[at + 1 :] for at in range(len(word)))


def _bucket(form: str) -> int:
    return hash(form) % BUCKET_COUNT
