"""One ranking by meaning, names and plot words.

Name matches, plot words and preferred people are additional terms of the blended score, added
before the cut: titles with any of them are scored in full, the index returns the best of all
others, and the two lists are merged. No title outside both can be among the best `k`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from index.query import Boosts, Filter, Hit, Query, VectorIndex, VectorMissing
from search.names.lexical import NameMatch
from search.plots import PlotMatch
from vocabulary.arrays import Vector
from vocabulary.ids import Region, TitleId
from vocabulary.kinds import Space

# A similar name usually outweighs differences in meaning: strength 0.6 counts as 0.36 of a name.
NAME_WEIGHT = 1.5
NAME_EXPONENT = 2.0
# An identical name, or one that sounds the same, outweighs all other terms.
EXACT_NAME_SCORE, SAME_SOUND_SCORE = 5.0, 3.5
MIN_SAME_SOUND_STRENGTH = 0.95

# Chosen on the development queries.
PLOT_WORD_WEIGHT = 0.02  # of a word's rarity
MAX_PLOT_WORD_SCORE = 1.5
PREFERENCE_WEIGHT = 0.3

# Enough to order titles that fit equally well, too little to raise one that fits worse.
SEARCH_POPULARITY_WEIGHT = 0.04
SEARCH_REGIONAL_WEIGHT = 0.02
# The most that taste can add or subtract, about as much as popularity: it orders titles that fit
# equally well and hides nothing.
TASTE_WEIGHT = 0.05
# For queries that are only a filter.
BROWSE_POPULARITY_WEIGHT = 0.4
BROWSE_REGIONAL_WEIGHT = 0.6


@dataclass(frozen=True, slots=True)
class TextEvidence:
    """The terms of a title's score that do not come from the index."""

    name: float = 0.0
    words: float = 0.0
    preference: float = 0.0
    personal: float = 0.0

    @property
    def total(self) -> float:
        """The sum of the terms."""
        return self.text_score + self.personal

    @property
    def text_score(self) -> float:
        """The sum of the terms that do not depend on the viewer."""
        return self.name + self.words + self.preference


NO_EVIDENCE = TextEvidence()


@dataclass(frozen=True, slots=True)
class FusedHit:
    """A search hit with the terms of its score."""

    hit: Hit
    evidence: TextEvidence = NO_EVIDENCE

    @property
    def score(self) -> float:
        """The sum of the terms."""
        return self.hit.score + self.evidence.total


def search_boosts(region: Region) -> Boosts:
    """Return the boosts of a search."""
    return Boosts(popularity=SEARCH_POPULARITY_WEIGHT, regional={region: SEARCH_REGIONAL_WEIGHT})


def browse_boosts(region: Region) -> Boosts:
    """Return the boosts of a search that is only a filter."""
    return Boosts(popularity=BROWSE_POPULARITY_WEIGHT, regional={region: BROWSE_REGIONAL_WEIGHT})


def collect_evidence(
    name_matches: Iterable[NameMatch],
    plot_matches: Iterable[PlotMatch],
    preferences: Mapping[TitleId, float],
) -> dict[TitleId, TextEvidence]:
    """Return the evidence for every title that has any."""
    by_name: dict[TitleId, float] = defaultdict(float)
    for match in name_matches:
        by_name[match.title_id] = max(by_name[match.title_id], name_score(match.strength))
    by_words = {match.title_id: plot_word_score(match.weight) for match in plot_matches}
    return {
        title_id: TextEvidence(
            by_name.get(title_id, 0.0),
            by_words.get(title_id, 0.0),
            PREFERENCE_WEIGHT * preferences.get(title_id, 0.0),
        )
        for title_id in {*by_name, *by_words, *preferences}
    }


def name_score(strength: float) -> float:
    """Return the score of a name match of some strength (0..1)."""
    if strength >= 1:
        return EXACT_NAME_SCORE
    if strength >= MIN_SAME_SOUND_STRENGTH:
        return SAME_SOUND_SCORE
    return float(NAME_WEIGHT * strength**NAME_EXPONENT)


def plot_word_score(weight: float) -> float:
    """Return the score of the plot words of a title."""
    return min(PLOT_WORD_WEIGHT * weight, MAX_PLOT_WORD_SCORE)


def fuse(
    index: VectorIndex,
    evidence: Mapping[TitleId, TextEvidence],
    *,
    query: Query,
    include_others: bool = True,
    taste: Vector | None = None,
) -> list[FusedHit]:
    """Return the best `query.k` titles by meaning (`query.vector`), evidence, boosts and taste.

    Without `include_others`, for a text without an embedding, only titles with evidence. Taste, a
    vector of unit length, adds `TASTE_WEIGHT` times its cosine: both are linear in the title's
    vector, so the index searches for the sum of the two vectors and cuts by the sum.
    """
    if query.vector is not None and taste is not None:
        query = replace(query, vector=query.vector + np.float32(TASTE_WEIGHT) * taste)
    else:
        taste = None
    hits = _hits_with_evidence(index, query, evidence)
    if include_others:
        rest = replace(query, filter=_excluding(query.filter, evidence)) if evidence else query
        hits += map(FusedHit, index.search(rest))
    best = sorted(hits, key=lambda each: (-each.score, each.hit.title_id))[: query.k]
    if taste is None:
        return best
    return [_separate_taste(index, each, query.space, taste) for each in best]


def _separate_taste(
    index: VectorIndex, fused_hit: FusedHit, space: Space, taste: Vector
) -> FusedHit:
    """Return a hit with the taste term separated from its similarity."""
    try:
        vector = index.vectors([fused_hit.hit.title_id], space)[0]
    except VectorMissing:
        return fused_hit
    personal = TASTE_WEIGHT * float(vector @ taste)
    hit = fused_hit.hit._replace(similarity=fused_hit.hit.similarity - personal)
    return FusedHit(hit, replace(fused_hit.evidence, personal=personal))


def _hits_with_evidence(
    index: VectorIndex, query: Query, evidence: Mapping[TitleId, TextEvidence]
) -> list[FusedHit]:
    """Return the titles with evidence that pass the filter, with or without a vector."""
    if not evidence:
        return []
    narrowed = replace(query, filter=_including(query.filter, evidence), k=len(evidence))
    hits = {hit.title_id: hit for hit in index.search(narrowed)}
    if query.vector is not None and len(hits) < len(evidence):
        without_vector = replace(narrowed, vector=None, filter=_excluding(narrowed.filter, hits))
        hits |= {hit.title_id: hit for hit in index.search(without_vector)}
    return [FusedHit(hit, evidence[title_id]) for title_id, hit in hits.items()]


def _excluding(filter: Filter, title_ids: Iterable[TitleId]) -> Filter:
    return replace(filter, exclude=filter.exclude.union(title_ids))


def _including(filter: Filter, title_ids: Iterable[TitleId]) -> Filter:
    allowed = frozenset(title_ids)
    return replace(filter, include=allowed if filter.include is None else allowed & filter.include)
