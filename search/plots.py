"""Titles by the words of their plots.

Vectors capture what a plot is about and blur its details; a bamboo flute or a lighthouse is found
by its word. A word in few plots counts more (inverse document frequency as in BM25: Robertson and
Zaragoza, The Probabilistic Relevance Framework, 2009). The number of occurrences in a plot and the
plot's length made no difference to the results (docs/search.md).
"""

import re
import threading
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log

import numpy as np
from Stemmer import Stemmer

from index.catalogue_row import CatalogueRow
from vocabulary.arrays import Float32Array
from vocabulary.ids import TitleId

WORD_PATTERN = re.compile(r"[a-z0-9]+")
MAX_CACHED_STEMS = 100_000

StemWeights = Mapping[str, float]
"""The stems that a word may stand for, with their weights (0..1); the word's own stem has 1."""

_thread_stemmer = threading.local()


@dataclass(frozen=True, slots=True)
class PlotMatch:
    """A title whose plot has words of a query; the weight is the sum of their rarities."""

    title_id: TitleId
    weight: float


class _Postings:
    """Titles by slot, and slots by stem. The slot of a removed title stays, with title id 0."""

    def __init__(self) -> None:
        self.title_ids = array("q")
        self.slots_of_stem: dict[str, array[int]] = {}
        self.slots: dict[TitleId, tuple[int, int]] = {}  # slot, hash of the text

    def set_plot(self, title_id: TitleId, text: str) -> None:
        slot, text_hash = self.slots.get(title_id, (-1, hash("")))
        if text_hash == hash(text):
            return
        if slot >= 0:
            self.title_ids[slot] = 0
            del self.slots[title_id]
        if not text:
            return
        slot = len(self.title_ids)
        self.title_ids.append(title_id)
        self.slots[title_id] = slot, hash(text)
        for word in stems(text):
            self.slots_of_stem.setdefault(word, array("i")).append(slot)

    def weights(self, terms: Sequence[StemWeights]) -> Float32Array:
        """Return the sum of the weights of the terms in each plot, by slot."""
        total = np.zeros(len(self.title_ids), np.float32)
        for alternatives in terms:
            term_weights = np.zeros_like(total)
            stem_scores = self._stem_scores(alternatives)
            for word in sorted(stem_scores, key=lambda word: stem_scores[word]):  # the highest wins
                slots = np.frombuffer(self.slots_of_stem.get(word, array("i")), np.int32)
                term_weights[slots] = stem_scores[word]
            total += term_weights
        return total

    def _stem_scores(self, alternatives: StemWeights) -> dict[str, float]:
        """Return the score of each stem; none exceeds that of the word it stands for."""
        rarities = {word: self._inverse_document_frequency(word) for word in alternatives}
        limit = max(
            (rarities[word] for word, weight in alternatives.items() if weight >= 1), default=0
        )
        return {
            word: weight * (min(rarities[word], limit) if limit else rarities[word])
            for word, weight in alternatives.items()
        }

    def _inverse_document_frequency(self, word: str) -> float:
        frequency = len(self.slots_of_stem.get(word, ()))
        if not frequency:
            return 0.0
        return log(1 + (max(len(self.title_ids) - frequency, 0) + 0.5) / (frequency + 0.5))


class PlotIndex:
    """The stems of English plots; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._postings = _Postings()

    def load(self, rows: Iterable[CatalogueRow]) -> None:
        """Replace all titles."""
        postings = _Postings()
        for row in rows:
            postings.set_plot(row.summary.id, row.plot)
        with self._lock:
            self._postings = postings

    def update(self, rows: Iterable[CatalogueRow]) -> None:
        """Add titles, or replace their plots."""
        for row in rows:
            self.set_plot(row.summary.id, row.plot)

    def remove(self, title_ids: Iterable[TitleId]) -> None:
        """Remove titles."""
        for title_id in title_ids:
            self.set_plot(title_id, "")

    def set_plot(self, title_id: TitleId, text: str) -> None:
        """Set the English plot of a title; an empty one removes it."""
        with self._lock:
            self._postings.set_plot(title_id, text)

    def match(self, terms: Sequence[StemWeights], *, limit: int) -> list[PlotMatch]:
        """Return the titles whose plots have the most of some words, rare words counting more."""
        with self._lock:
            weights = self._postings.weights(terms)
            title_ids = np.array(self._postings.title_ids)
        weights[title_ids == 0] = 0
        if len(weights) > limit:
            best = np.argpartition(-weights, limit)[:limit]
            best = best[np.argsort(-weights[best], kind="stable")]
        else:
            best = np.argsort(-weights, kind="stable")
        pairs = zip(title_ids[best].tolist(), weights[best].tolist(), strict=True)
        return [PlotMatch(title_id, weight) for title_id, weight in pairs if weight > 0]


def stems(text: str) -> Iterable[str]:
    """Return the distinct stems of an English text, in the order of their first words."""
    return dict.fromkeys(map(stem, WORD_PATTERN.findall(text.casefold())))


@lru_cache(MAX_CACHED_STEMS)
def stem(word: str) -> str:
    """Return the Snowball stem of an English word."""
    stemmer = getattr(_thread_stemmer, "english", None)
    if stemmer is None:  # stemmers have mutable state: one per thread
        stemmer = _thread_stemmer.english = Stemmer("english")
    word_stem: str = stemmer.stemWord(word)
    return word_stem
