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

MOST_LATIN = 4  # letters of a graphone
BEAM = 6
CANDIDATES = 3
LONGEST = 24  # letters; what is longer is no word
WORDS_KEPT = 20_000

START = 0  # the graphone before a word
END = 1  # and the one after it


@dataclass(frozen=True, slots=True)
class Graphones:
    """What was learnt of a language; natural logarithms of probabilities."""

    pairs: Sequence[tuple[str, str]]  # Latin, native; the first two are the edges
    alone: Sequence[float]
    following: Mapping[tuple[int, int], float]
    backing_off: Sequence[float]  # by the graphone before


class Transliterator:
    """Candidates in the native script; safe to use from many threads at once."""

    def __init__(self, graphones: Graphones) -> None:
        self._graphones = graphones
        self._by_latin: dict[str, list[int]] = defaultdict(list)
        for number, (latin, _) in enumerate(graphones.pairs):
            if number > END:
                self._by_latin[latin].append(number)
        self.candidates = lru_cache(WORDS_KEPT)(self._candidates)

    def _candidates(self, word: str) -> tuple[str, ...]:
        """Return the likeliest native spellings of a lower-case word, the best first."""
        if len(word) > LONGEST:
            return ()
        # At each letter, what was written until there, by it and the last graphone.
        reached: list[dict[tuple[str, int], float]] = [{} for _ in range(len(word) + 1)]
        reached[0]["", START] = 0.0
        for at in range(len(word)):
            for (written, last), so_far in heapq.nlargest(
                BEAM, reached[at].items(), key=lambda item: item[1]
            ):
                for end in range(at + 1, min(at + MOST_LATIN, len(word)) + 1):
                    for number in self._by_latin.get(word[at:end], ()):
                        key = written + self._graphones.pairs[number][1], number
                        score = so_far + self._step(last, number)
                        if score > reached[end].get(key, -1e9):
                            reached[end][key] = score
        best: dict[str, float] = {}
        for (written, last), so_far in reached[-1].items():
            score = so_far + self._step(last, END)
            best[written] = max(score, best.get(written, -1e9))
        return tuple(heapq.nlargest(CANDIDATES, best, key=lambda written: best[written]))

    def _step(self, last: int, number: int) -> float:
        seen = self._graphones.following.get((last, number))
        if seen is not None:
            return seen
        return self._graphones.backing_off[last] + self._graphones.alone[number]
