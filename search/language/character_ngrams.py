"""How likely a word is in a language, by its letters.

Interpolated n-grams with Witten and Bell's weights (Chen and Goodman, An Empirical Study of
Smoothing Techniques, 1998, section 2.4): a context that was followed by many different letters is
trusted less.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

NGRAM_ORDER = 4
START_MARK = "^"
END_MARK = "$"
ALPHABET_SIZE = 28  # letters and the two marks
MAX_CACHED_WORDS = 20_000
MAX_CACHED_NGRAMS = 50_000


class CharacterNgramModel:
    """The letters of a language's words; immutable once made."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.counts = counts
        self._context_counts: Counter[str] = Counter()
        self._distinct_followers: Counter[str] = Counter()
        for gram, count in counts.items():
            self._context_counts[gram[:-1]] += count
            self._distinct_followers[gram[:-1]] += 1
        self.log_probability = lru_cache(MAX_CACHED_WORDS)(self._log_probability)
        self._ngram_log_probability = lru_cache(MAX_CACHED_NGRAMS)(
            self._compute_ngram_log_probability
        )

    def _log_probability(self, word: str) -> float:
        """Return the natural logarithm of the probability of a word."""
        marked = START_MARK * (NGRAM_ORDER - 1) + word + END_MARK
        return sum(
            self._ngram_log_probability(marked[at - NGRAM_ORDER + 1 : at + 1])
            for at in range(NGRAM_ORDER - 1, len(marked))
        )

    def _compute_ngram_log_probability(self, gram: str) -> float:
        return math.log(self._probability(gram[:-1], gram[-1]))

    def _probability(self, context: str, letter: str) -> float:
        found = 1 / ALPHABET_SIZE
        for start in range(len(context), -1, -1):
            some = context[start:]
            followed, kinds = self._context_counts[some], self._distinct_followers[some]
            if followed:
                found = (self.counts.get(some + letter, 0) + kinds * found) / (followed + kinds)
        return found


def count_ngrams(words: Iterable[str], *, min_count: int) -> dict[str, int]:
    """Return how often each run of up to `ORDER` letters occurs, rare ones left out."""
    counts: Counter[str] = Counter()
    for word in words:
        marked = START_MARK * (NGRAM_ORDER - 1) + word + END_MARK
        for at in range(NGRAM_ORDER - 1, len(marked)):
            for start in range(at - NGRAM_ORDER + 1, at + 1):
                counts[marked[start : at + 1]] += 1
    return {gram: count for gram, count in counts.items() if count >= min_count or len(gram) == 1}
