"""How likely a word is in a language, by its letters.

Interpolated n-grams with Witten and Bell's weights (Chen and Goodman, An Empirical Study of
Smoothing Techniques, 1998, section 2.4): a context that was followed by many different letters is
trusted less.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

ORDER = 4
EDGE = "^"
END = "$"
ALPHABET = 28  # letters and the two marks
WORDS_KEPT = 20_000
STEPS_KEPT = 50_000


class Letters:
    """The letters of a language's words; immutable once made."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.counts = counts
        self._followed: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()
        for gram, count in counts.items():
            self._followed[gram[:-1]] += count
            self._kinds[gram[:-1]] += 1
        self.log = lru_cache(WORDS_KEPT)(self._log)
        self._step = lru_cache(STEPS_KEPT)(self._log_after)

    def _log(self, word: str) -> float:
        """Return the natural logarithm of the probability of a word."""
        marked = EDGE * (ORDER - 1) + word + END
        return sum(
            self._step(marked[at - ORDER + 1 : at + 1]) for at in range(ORDER - 1, len(marked))
        )

    def _log_after(self, gram: str) -> float:
        return math.log(self._probability(gram[:-1], gram[-1]))

    def _probability(self, context: str, letter: str) -> float:
        found = 1 / ALPHABET
        for start in range(len(context), -1, -1):
            some = context[start:]
            followed, kinds = self._followed[some], self._kinds[some]
            if followed:
                found = (self.counts.get(some + letter, 0) + kinds * found) / (followed + kinds)
        return found


def count_letters(words: Iterable[str], *, fewest: int) -> dict[str, int]:
    """Return how often each run of up to `ORDER` letters occurs, rare ones left out."""
    counts: Counter[str] = Counter()
    for word in words:
        marked = EDGE * (ORDER - 1) + word + END
        for at in range(ORDER - 1, len(marked)):
            for start in range(at - ORDER + 1, at + 1):
                counts[marked[start : at + 1]] += 1
    return {gram: count for gram, count in counts.items() if count >= fewest or len(gram) == 1}
