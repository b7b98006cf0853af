"""Titles by the words that tell their story.

Vectors know what a plot is about and blur its details; a bamboo flute or a lighthouse is found by
its word. A word that few plots have counts more (inverse document frequency as in BM25: Robertson
and Zaragoza, The Probabilistic Relevance Framework, 2009). How often a plot has it, and how long
the plot is, made no difference to what was found (docs/search.md).
"""

import re
import threading
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log

import numpy as np
import snowballstemmer
from numpy.typing import NDArray

from vocabulary.ids import TitleId

WORD_PATTERN = re.compile(r"[a-z0-9]+")
MAX_CACHED_STEMS = 100_000

StemWeights = Mapping[str, float]
"""The stems that a word may stand as, and how much each counts (0..1) beside the word itself."""

_thread_stemmer = threading.local()


@dataclass(frozen=True, slots=True)
class PlotMatch:
    """A title whose plot has words of a query; `weight` is the sum of their rarities."""

    title_id: TitleId
    weight: float


class PlotIndex:
    """The stems of plots; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._title_ids = array("q")  # by slot; 0: forgotten
        self._postings: dict[str, array[int]] = {}  # slots
        self._slots: dict[TitleId, tuple[int, int]] = {}  # slot, and a hash of the text

    def update(self, title_id: TitleId, text: str) -> None:
        """Set the plot of a title, in English; an empty one forgets it."""
        known = self._slots.get(title_id)
        if known is not None and known[1] == hash(text):
            return
        words = stems(text)
        with self._lock:
            if known is not None:
                self._title_ids[known[0]] = 0
                del self._slots[title_id]
            if not text:
                return
            slot = len(self._title_ids)
            self._title_ids.append(title_id)
            self._slots[title_id] = slot, hash(text)
            for word in words:
                self._postings.setdefault(word, array("i")).append(slot)

    def match(self, terms: Sequence[StemWeights], *, limit: int) -> list[PlotMatch]:
        """Return the titles that have most of some words, rare words counting more."""
        with self._lock:
            found = self._weights(terms)
            titles = np.array(self._title_ids)
        found[titles == 0] = 0
        if len(found) > limit:
            best = np.argpartition(-found, limit)[:limit]
            best = best[np.argsort(-found[best], kind="stable")]
        else:
            best = np.argsort(-found, kind="stable")
        return [
            PlotMatch(title_id, weight)
            for title_id, weight in zip(titles[best].tolist(), found[best].tolist(), strict=True)
            if weight > 0
        ]

    def _weights(self, terms: Sequence[StemWeights]) -> NDArray[np.float32]:
        found = np.zeros(len(self._title_ids), np.float32)
        for alternatives in terms:
            heard = np.zeros_like(found)
            counted = self._stem_scores(alternatives)
            for stem in sorted(counted, key=lambda stem: counted[stem]):  # the greatest stays
                slots = np.frombuffer(self._postings.get(stem, array("i")), np.int32)
                heard[slots] = counted[stem]
            found += heard
        return found

    def _stem_scores(self, alternatives: StemWeights) -> dict[str, float]:
        """Return what each stem adds; none counts for more than the word that it stands for."""
        rarities = {stem: self._inverse_document_frequency(stem) for stem in alternatives}
        most = max(
            (rarities[stem] for stem, share in alternatives.items() if share >= 1), default=0
        )
        return {
            stem: share * (min(rarities[stem], most) if most else rarities[stem])
            for stem, share in alternatives.items()
        }

    def _inverse_document_frequency(self, stem: str) -> float:
        """Return the inverse document frequency."""
        having = len(self._postings.get(stem, ()))
        if not having:
            return 0.0
        return log(1 + (max(len(self._title_ids) - having, 0) + 0.5) / (having + 0.5))


def stems(text: str) -> Iterable[str]:
    """Return the distinct stems of an English text, in the order of their first words."""
    return dict.fromkeys(map(stem, WORD_PATTERN.findall(text.casefold())))


@lru_cache(MAX_CACHED_STEMS)
def stem(word: str) -> str:
    """Return the stem of an English word, by Snowball's rules."""
    stemmer = getattr(_thread_stemmer, "english", None)
    if stemmer is None:  # it keeps what it works on, so each thread has its own
        stemmer = _thread_stemmer.english = snowballstemmer.stemmer("english")
    found: str = stemmer.stemWord(word)
    return found
