"""How probable a word is in a language, judged by its letters.

Interpolated n-grams with Witten-Bell weights (Chen and Goodman, An Empirical Study of Smoothing
Techniques, 1998, section 2.4): a context followed by many different letters is trusted less.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

NGRAM_ORDER = 4
START_MARK = "^"
END_MARK = "$"
ALPHABET_SIZE = 28  # 26 letters and the two marks
MAX_CACHED_WORDS = 20_000
MAX_CACHED_NGRAMS = 50_000

NgramCounts = Mapping[str, Mapping[str, int]]
"""Context of up to three characters, to the next character, to its count."""


class CharacterNgramModel:
    """The n-grams of a language's words; immutable."""

    def __init__(self, counts: NgramCounts) -> None:
        self._counts = counts
        self.log_probability = lru_cache(MAX_CACHED_WORDS)(self._log_probability)
        self._letter_log_probability = lru_cache(MAX_CACHED_NGRAMS)(
            self._compute_letter_log_probability
        )

    def _log_probability(self, word: str) -> float:
        """Return the natural logarithm of the probability of a word."""
        return sum(map(self._letter_log_probability, _full_ngrams(word)))

    def _compute_letter_log_probability(self, ngram: str) -> float:
        return math.log(self._probability(ngram[:-1], ngram[-1]))

    def _probability(self, context: str, letter: str) -> float:
        probability = 1 / ALPHABET_SIZE
        for start in range(len(context), -1, -1):
            followers = self._counts.get(context[start:])
            if followers:
                total, distinct = sum(followers.values()), len(followers)
                probability = (followers.get(letter, 0) + distinct * probability) / (
                    total + distinct
                )
        return probability


def count_ngrams(words: Iterable[str], *, min_count: int) -> dict[str, dict[str, int]]:
    """Return the `NgramCounts` of words; of rare n-grams only the single letters stay."""
    counts = Counter(
        ngram[start:]
        for word in words
        for ngram in _full_ngrams(word)
        for start in range(NGRAM_ORDER)
    )
    grouped: dict[str, dict[str, int]] = defaultdict(dict)
    for ngram, count in counts.items():
        if count >= min_count or len(ngram) == 1:
            grouped[ngram[:-1]][ngram[-1]] = count
    return dict(grouped)


def _full_ngrams(word: str) -> list[str]:
    """Return the n-gram that ends at each letter of a word and at its end mark."""
    marked = START_MARK * (NGRAM_ORDER - 1) + word + END_MARK
    return [marked[start : start + NGRAM_ORDER] for start in range(len(word) + 1)]
