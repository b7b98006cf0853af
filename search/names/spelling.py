"""The words of names, found by other spellings of them."""

from collections.abc import Iterator
from heapq import nlargest
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from search.names.postings import Postings
from search.names.similarity import PhoneticForm, PhoneticTable, phonetic_form, trigrams

SimilarWords = dict[int, float]
"""Word numbers, to their similarities, 0..1."""

MAX_TRIGRAM_CANDIDATES = 64  # words that share trigrams and are compared one by one
MAX_SIMILAR_WORDS = 24  # that a query word may stand for
MIN_TRIGRAM_SHARE = 0.4  # Dice coefficient; words below it are no misspellings
MIN_PREFIX_LETTERS = 3
MIN_INDEXED_PREFIX_LETTERS, MAX_INDEXED_PREFIX_LETTERS = 2, 4  # of a phonetic key
# Similarity of a longer word to its beginning: the base, and what the typed share adds.
PREFIX_BASE_SIMILARITY, PREFIX_SHARE_WEIGHT = 0.75, 0.2
# Words are also indexed with each letter deleted; shorter ones would collide with too many.
MIN_SPELLING_DELETION_LETTERS, MIN_SOUND_DELETION_LETTERS, MAX_DELETION_LETTERS = 2, 3, 11
MIN_TRIGRAM_KEY_LETTERS = 5  # of a loose key; in longer words two letters may differ
BUCKET_COUNT = 1 << 18
MAX_CACHED_WORDS = 4096


class SpellingIndex:
    """Distinct words, numbered from 0; it only grows. Not thread-safe."""

    def __init__(self) -> None:
        self._forms = PhoneticTable()
        self._word_numbers: dict[str, int] = {}
        self._by_bucket = Postings()
        self._by_trigram = Postings()
        self._by_prefix = Postings()
        self._similar_words_cache: dict[str, SimilarWords] = {}
        self._same_sound_cache: dict[str, SimilarWords] = {}

    def add(self, word: str) -> int:
        """Return the number of a folded word; a new word is added."""
        number = self._word_numbers.get(word)
        if number is not None:
            return number
        number = self._word_numbers[word] = len(self._forms)
        form = phonetic_form(word)
        self._forms.add(form)
        self._by_bucket.add(_buckets(form), number)
        self._by_trigram.append_row(trigrams(form.loose_key))
        longest = min(MAX_INDEXED_PREFIX_LETTERS, len(form.key))
        prefixes = (form.key[:n] for n in range(MIN_INDEXED_PREFIX_LETTERS, longest + 1))
        self._by_prefix.add([_bucket(prefix) for prefix in prefixes], number)
        self._similar_words_cache.clear()
        self._same_sound_cache.clear()
        return number

    def word(self, number: int) -> str:
        """Return a word by its number."""
        return self._forms.word(number)

    def similar_words(self, word: str) -> SimilarWords:
        """Return the words that a folded word may stand for."""
        words = self._similar_words_cache.get(word)
        if words is None:
            words = _store(self._similar_words_cache, word, self._find_similar(phonetic_form(word)))
        return words

    def key(self, number: int) -> str:
        """Return the phonetic key of a word."""
        return self._forms.key(number)

    def same_sounding_words(self, word: str) -> SimilarWords:
        """Return the words with the loose key of a folded word."""
        words = self._same_sound_cache.get(word)
        if words is None:
            form = phonetic_form(word)
            rows = self._by_bucket.rows_of(_bucket(form.loose_key))
            words = _store(self._same_sound_cache, word, self._most_similar(form, rows))
        return words

    def words_with_prefix(self, word: str) -> SimilarWords:
        """Return the words that begin with a folded word."""
        prefix = phonetic_form(word).key
        if len(word) < MIN_PREFIX_LETTERS or len(prefix) < MIN_INDEXED_PREFIX_LETTERS:
            return {}
        rows = self._by_prefix.rows_of(_bucket(prefix[:MAX_INDEXED_PREFIX_LETTERS]))
        typed_shares = {
            number: len(prefix) / len(key)
            for number in rows.tolist()
            if (key := self._forms.key(number)).startswith(prefix)
        }
        best = nlargest(MAX_SIMILAR_WORDS, typed_shares.items(), key=itemgetter(1))
        return {
            number: PREFIX_BASE_SIMILARITY + PREFIX_SHARE_WEIGHT * share for number, share in best
        }

    def compact(self) -> None:
        """Prepare for many lookups after many additions."""
        self._by_prefix.compact()
        self._by_bucket.compact()
        self._by_trigram.compact()

    def _find_similar(self, form: PhoneticForm) -> SimilarWords:
        if form.needs_exact_match:
            return self.same_sounding_words(form.word)
        candidates = [self._by_bucket.rows_of(bucket) for bucket in _buckets(form)]
        if len(form.loose_key) >= MIN_TRIGRAM_KEY_LETTERS:
            candidates.append(
                self._by_trigram.rows_sharing(
                    trigrams(form.loose_key),
                    min_share=MIN_TRIGRAM_SHARE,
                    limit=MAX_TRIGRAM_CANDIDATES,
                )
            )
        return self._most_similar(form, np.concatenate(candidates))

    def _most_similar(self, form: PhoneticForm, candidates: NDArray[np.int32]) -> SimilarWords:
        rows = self._forms.rows_of_similar_length(form, np.unique(candidates))
        similarities = self._forms.similarities(form, rows)
        best = np.flatnonzero(similarities > 0)
        best = best[np.argsort(-similarities[best], kind="stable")[:MAX_SIMILAR_WORDS]]
        return dict(zip(rows[best].tolist(), similarities[best].tolist(), strict=True))


def _store(cache: dict[str, SimilarWords], word: str, words: SimilarWords) -> SimilarWords:
    if len(cache) >= MAX_CACHED_WORDS:
        cache.clear()
    cache[word] = words
    return words


def _buckets(form: PhoneticForm) -> set[int]:
    """Return buckets shared by words that differ in one letter or sound, or in vowels only."""
    texts = {
        form.word,
        form.loose_key,
        *_deletions(form.word, MIN_SPELLING_DELETION_LETTERS),
        *_deletions(form.loose_key, MIN_SOUND_DELETION_LETTERS),
    }
    buckets = {_bucket(text) for text in texts}
    return buckets | {form.skeleton_hash % BUCKET_COUNT} if form.skeleton_hash else buckets


def _deletions(word: str, min_letters: int) -> Iterator[str]:
    """Yield a word with each of its letters deleted."""
    if min_letters < len(word) <= MAX_DELETION_LETTERS:
        yield from (word[:at] + word[at + 1 :] for at in range(len(word)))


def _bucket(text: str) -> int:
    return hash(text) % BUCKET_COUNT
