"""Words in Latin letters back to the script of their language.

A joint-sequence model (Bisani and Ney, Joint-Sequence Models for Grapheme-to-Phoneme Conversion,
2008): a pair of words is a sequence of graphones, each a few Latin letters with a few native ones,
and bigrams over graphones tell which sequences are probable. `scripts/train/transliteration.py`
learns it from pairs of words.
"""

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

MAX_GRAPHONE_LATIN_LETTERS = 4
BEAM_WIDTH = 6
MAX_CANDIDATES = 3
MAX_WORD_LETTERS = 24  # what is longer is no word
MAX_CACHED_WORDS = 20_000
IMPOSSIBLE = -1e9  # a log probability

START_GRAPHONE = 0
END_GRAPHONE = 1

Hypothesis = tuple[str, int]
"""What is spelt so far, and its last graphone."""


@dataclass(frozen=True, slots=True)
class GraphoneModel:
    """What is learnt about a language; natural logarithms of probabilities."""

    pairs: Sequence[tuple[str, str]]  # Latin, native; the first two mark start and end
    unigram_log_probabilities: Sequence[float]
    bigram_log_probabilities: Sequence[Mapping[int, float]]  # of the next, by the one before
    backoff_log_weights: Sequence[float]  # by the graphone before


class Transliterator:
    """Candidates in the native script; thread-safe."""

    def __init__(self, model: GraphoneModel) -> None:
        self._model = model
        self._by_latin: dict[str, list[int]] = defaultdict(list)
        for number, (latin, _) in enumerate(model.pairs):
            if number > END_GRAPHONE:
                self._by_latin[latin].append(number)
        self.candidates = lru_cache(MAX_CACHED_WORDS)(self._decode)

    def _decode(self, word: str) -> tuple[str, ...]:
        """Return the most probable native spellings of a lower-case word, the best first."""
        if len(word) > MAX_WORD_LETTERS:
            return ()
        # For each position, the hypotheses that end there and their log probabilities.
        beams: list[dict[Hypothesis, float]] = [{} for _ in range(len(word) + 1)]
        beams[0]["", START_GRAPHONE] = 0.0
        for position in range(len(word)):
            for hypothesis, score in heapq.nlargest(
                BEAM_WIDTH, beams[position].items(), key=lambda item: item[1]
            ):
                self._extend(word, position, hypothesis, score, beams)
        best: dict[str, float] = {}
        for (spelling, last), score in beams[-1].items():
            total = score + self._transition_log_probability(last, END_GRAPHONE)
            best[spelling] = max(total, best.get(spelling, IMPOSSIBLE))
        return tuple(heapq.nlargest(MAX_CANDIDATES, best, key=lambda spelling: best[spelling]))

    def _extend(
        self,
        word: str,
        position: int,
        hypothesis: Hypothesis,
        score: float,
        beams: list[dict[Hypothesis, float]],
    ) -> None:
        """Add what each graphone that fits at a position makes of a hypothesis."""
        spelling, last = hypothesis
        longest = min(position + MAX_GRAPHONE_LATIN_LETTERS, len(word))
        for end in range(position + 1, longest + 1):
            for number in self._by_latin.get(word[position:end], ()):
                extended = spelling + self._model.pairs[number][1], number
                total = score + self._transition_log_probability(last, number)
                if total > beams[end].get(extended, IMPOSSIBLE):
                    beams[end][extended] = total

    def _transition_log_probability(self, last: int, number: int) -> float:
        bigram = self._model.bigram_log_probabilities[last].get(number)
        if bigram is not None:
            return bigram
        return self._model.backoff_log_weights[last] + self._model.unigram_log_probabilities[number]
