"""Words in Latin letters back to the script of their language.

A joint-sequence model (Bisani and Ney, Joint-Sequence Models for Grapheme-to-Phoneme Conversion,
2008): a word pair is a row of graphones, a few Latin letters with a few native ones, and a bigram
over graphones tells which rows are likely. `scripts/train/transliteration.py` learns it from word
pairs.
"""

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

MAX_GRAPHONE_LATIN_LETTERS = 4  # letters of a graphone
BEAM_WIDTH = 6
MAX_CANDIDATES = 3
MAX_WORD_LETTERS = 24  # letters; what is longer is no word
MAX_CACHED_WORDS = 20_000

START_GRAPHONE = 0  # the graphone before a word
END_GRAPHONE = 1  # and the one after it


@dataclass(frozen=True, slots=True)
class GraphoneModel:
    """What was learnt of a language; natural logarithms of probabilities."""

    pairs: Sequence[tuple[str, str]]  # Latin, native; the first two are the edges
    unigram_log_probabilities: Sequence[float]
    bigram_log_probabilities: Mapping[tuple[int, int], float]
    backoff_log_weights: Sequence[float]  # by the graphone before


class Transliterator:
    """Candidates in the native script; safe to use from many threads at once."""

    def __init__(self, model: GraphoneModel) -> None:
        self._model = model
        self._by_latin: dict[str, list[int]] = defaultdict(list)
        for number, (latin, _) in enumerate(model.pairs):
            if number > END_GRAPHONE:
                self._by_latin[latin].append(number)
        self.candidates = lru_cache(MAX_CACHED_WORDS)(self._decode)

    def _decode(self, word: str) -> tuple[str, ...]:
        """Return the likeliest native spellings of a lower-case word, the best first."""
        if len(word) > MAX_WORD_LETTERS:
            return ()
        # At each letter, what was written until there, by it and the last graphone.
        reached: list[dict[tuple[str, int], float]] = [{} for _ in range(len(word) + 1)]
        reached[0]["", START_GRAPHONE] = 0.0
        for at in range(len(word)):
            for (written, last), so_far in heapq.nlargest(
                BEAM_WIDTH, reached[at].items(), key=lambda item: item[1]
            ):
                for end in range(at + 1, min(at + MAX_GRAPHONE_LATIN_LETTERS, len(word)) + 1):
                    for number in self._by_latin.get(word[at:end], ()):
                        key = written + self._model.pairs[number][1], number
                        score = so_far + self._transition_log_probability(last, number)
                        if score > reached[end].get(key, -1e9):
                            reached[end][key] = score
        best: dict[str, float] = {}
        for (written, last), so_far in reached[-1].items():
            score = so_far + self._transition_log_probability(last, END_GRAPHONE)
            best[written] = max(score, best.get(written, -1e9))
        return tuple(heapq.nlargest(MAX_CANDIDATES, best, key=lambda written: best[written]))

    def _transition_log_probability(self, last: int, number: int) -> float:
        seen = self._model.bigram_log_probabilities.get((last, number))
        if seen is not None:
            return seen
        return self._model.backoff_log_weights[last] + self._model.unigram_log_probabilities[number]
