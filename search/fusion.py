"""One ranking of what a text means, whose name it is, and whose story has its words.

Names, words of plots and people one would rather see are further terms of the blended score, added
before the cut: titles that have any of them are scored whole, the index gives the best of all
others, and the two are merged. No title outside both can be among the best `k`.
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

# A name that is nearly the same outweighs most differences in meaning, as a rule: a likeness of 0.6
# counts for 0.36 of a name.
NAME_WEIGHT = 1.5
NAME_EXPONENT = 2.0
# The very name, or one that sounds the same, outweighs what all else can add.
EXACT_NAME_SCORE, SAME_SOUND_SCORE = 5.0, 3.5
MIN_SAME_SOUND_STRENGTH = 0.95

PLOT_WORD_WEIGHT = 0.02  # of a word's rarity; chosen on the development queries, as are these
MAX_PLOT_WORD_SCORE = 1.5
PREFERENCE_WEIGHT = 0.3

# Enough to order titles that fit equally well, too little to lift one that fits worse.
SEARCH_POPULARITY_WEIGHT = 0.04
SEARCH_REGIONAL_WEIGHT = 0.02
# The most that a person's taste can add or take away, as much as all of a title's fame: it orders
# what fits equally well, and never hides what was asked for.
TASTE_WEIGHT = 0.05
# Where nothing but a filter was asked for.
BROWSE_POPULARITY_WEIGHT = 0.4
BROWSE_REGIONAL_WEIGHT = 0.6


@dataclass(frozen=True, slots=True)
class TextEvidence:
    """What a text says for one title, beside its meaning."""

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
        """What the text says for it, whoever asks."""
        return self.name + self.words + self.preference


NO_EVIDENCE = TextEvidence()


@dataclass(frozen=True, slots=True)
class FusedHit:
    """A title found by a text, with the terms that add up to its score."""

    hit: Hit
    evidence: TextEvidence = NO_EVIDENCE

    @property
    def score(self) -> float:
        """The sum of the terms."""
        return self.hit.score + self.evidence.total


def search_boosts(region: Region) -> Boosts:
    """Return the boosts of the search box."""
    return Boosts(popularity=SEARCH_POPULARITY_WEIGHT, regional={region: SEARCH_REGIONAL_WEIGHT})


def browse_boosts(region: Region) -> Boosts:
    """Return the boosts of a search for nothing but what meets a filter."""
    return Boosts(popularity=BROWSE_POPULARITY_WEIGHT, regional={region: BROWSE_REGIONAL_WEIGHT})


def collect_evidence(
    name_matches: Iterable[NameMatch],
    plot_matches: Iterable[PlotMatch],
    preferences: Mapping[TitleId, float],
) -> dict[TitleId, TextEvidence]:
    """Return the terms of every title that has any."""
    by_name: dict[TitleId, float] = defaultdict(float)
    for match in name_matches:
        by_name[match.title_id] = max(by_name[match.title_id], name_score(match.strength))
    by_words = {each.title_id: plot_word_score(each.weight) for each in plot_matches}
    return {
        title_id: TextEvidence(
            by_name.get(title_id, 0.0),
            by_words.get(title_id, 0.0),
            PREFERENCE_WEIGHT * preferences.get(title_id, 0.0),
        )
        for title_id in {*by_name, *by_words, *preferences}
    }


def name_score(strength: float) -> float:
    """Return what a name's likeness (0..1) adds to a score."""
    if strength >= 1:
        return EXACT_NAME_SCORE
    if strength >= MIN_SAME_SOUND_STRENGTH:
        return SAME_SOUND_SCORE
    return float(NAME_WEIGHT * strength**NAME_EXPONENT)


def plot_word_score(weight: float) -> float:
    """Return what the words that a plot shares with a text add to its score."""
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

    Without `others`, which a text has that nobody could embed, only those with evidence. A taste of
    unit length adds `PERSONAL` times its cosine to whatever has a vector: both are linear in the
    title's vector, so the sum of the two vectors is asked for, and the cut is that of the sum.
    """
    if query.vector is not None and taste is not None:
        query = replace(query, vector=query.vector + np.float32(TASTE_WEIGHT) * taste)
    else:
        taste = None
    found = list(_hits_with_evidence(index, query, evidence))
    if include_others:
        rest = replace(query, filter=_excluding(query.filter, evidence)) if evidence else query
        found += map(FusedHit, index.search(rest))
    best = sorted(found, key=lambda each: (-each.score, each.hit.title_id))[: query.k]
    return (
        best
        if taste is None
        else [_separate_taste(index, each, query.space, taste) for each in best]
    )


def _separate_taste(
    index: VectorIndex, fused_hit: FusedHit, space: Space, taste: Vector
) -> FusedHit:
    """Return a title with what taste added to its similarity told apart."""
    try:
        vector = index.vectors([fused_hit.hit.title_id], space)[0]
    except VectorMissing:
        return fused_hit
    personal = TASTE_WEIGHT * float(vector @ taste)
    hit = fused_hit.hit._replace(similarity=fused_hit.hit.similarity - personal)
    return FusedHit(hit, replace(fused_hit.evidence, personal=personal))


def _hits_with_evidence(
    index: VectorIndex, query: Query, evidence: Mapping[TitleId, TextEvidence]
) -> Iterable[FusedHit]:
    """Return those titles with evidence that meet the filter, embedded or not."""
    if not evidence:
        return []
    narrowed = replace(query, filter=_including(query.filter, evidence), k=len(evidence))
    hits = {hit.title_id: hit for hit in index.search(narrowed)}
    if query.vector is not None and len(hits) < len(evidence):
        bare = replace(narrowed, vector=None, filter=_excluding(narrowed.filter, hits))
        hits |= {hit.title_id: hit for hit in index.search(bare)}
    return [FusedHit(hit, evidence[title_id]) for title_id, hit in hits.items()]


def _excluding(filter: Filter, titles: Iterable[TitleId]) -> Filter:
    return replace(filter, exclude=filter.exclude.union(titles))


def _including(filter: Filter, titles: Iterable[TitleId]) -> Filter:
    allowed = frozenset(titles)
    return replace(filter, include=allowed if filter.include is None else allowed & filter.include)
