"""One ranking of what a text means, whose name it is, and whose story has its words.

Names, words of plots and people one would rather see are further terms of the blended score, added
before the cut: titles that have any of them are scored whole, the index gives the best of all
others, and the two are merged. No title outside both can be among the best `k`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from index.query import (
    Boosts,
    Filter,
    Hit,
    Query,
    Region,
    TitleId,
    Vector,
    VectorIndex,
    VectorMissing,
)
from search.names.lexical import Match
from search.plots import PlotMatch
from vocabulary.kinds import Space

# A name that is nearly the same outweighs most differences in meaning, as a rule: a likeness of 0.6
# counts for 0.36 of a name.
NAME_WEIGHT = 1.5
NAME_EXPONENT = 2.0
# The very name, or one that sounds the same, outweighs what all else can add.
WHOLE_NAME, SAME_SOUND = 5.0, 3.5
SAME_SOUND_STRENGTH = 0.95

WORD_WEIGHT = 0.02  # of a word's rarity; chosen on the development queries, as are these
MOST_BY_WORDS = 1.5
PREFERENCE = 0.3

# Enough to order titles that fit equally well, too little to lift one that fits worse.
SEARCH_POPULARITY = 0.04
SEARCH_REGIONAL = 0.02
# The most that a person's taste can add or take away, as much as all of a title's fame: it orders
# what fits equally well, and never hides what was asked for.
PERSONAL = 0.05
# Where nothing but a filter was asked for.
BROWSE_POPULARITY = 0.4
BROWSE_REGIONAL = 0.6


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a text says for one title, beside its meaning."""

    name: float = 0.0
    words: float = 0.0
    preference: float = 0.0
    personal: float = 0.0

    @property
    def total(self) -> float:
        """The sum of the terms."""
        return self.told + self.personal

    @property
    def told(self) -> float:
        """What the text says for it, whoever asks."""
        return self.name + self.words + self.preference


NONE = Evidence()


@dataclass(frozen=True, slots=True)
class Found:
    """A title found by a text, with the terms that add up to its score."""

    hit: Hit
    evidence: Evidence = NONE

    @property
    def score(self) -> float:
        """The sum of the terms."""
        return self.hit.score + self.evidence.total


def search_boosts(region: Region) -> Boosts:
    """Return the boosts of the search box."""
    return Boosts(popularity=SEARCH_POPULARITY, regional={region: SEARCH_REGIONAL})


def browse_boosts(region: Region) -> Boosts:
    """Return the boosts of a search for nothing but what meets a filter."""
    return Boosts(popularity=BROWSE_POPULARITY, regional={region: BROWSE_REGIONAL})


def evidence(
    names: Iterable[Match], plots: Iterable[PlotMatch], preferred: Mapping[TitleId, float]
) -> dict[TitleId, Evidence]:
    """Return the terms of every title that has any."""
    by_name: dict[TitleId, float] = defaultdict(float)
    for match in names:
        by_name[match.title_id] = max(by_name[match.title_id], name_term(match.strength))
    by_words = {each.title_id: word_term(each.weight) for each in plots}
    return {
        title_id: Evidence(
            by_name.get(title_id, 0.0),
            by_words.get(title_id, 0.0),
            PREFERENCE * preferred.get(title_id, 0.0),
        )
        for title_id in {*by_name, *by_words, *preferred}
    }


def name_term(strength: float) -> float:
    """Return what a name's likeness (0..1) adds to a score."""
    if strength >= 1:
        return WHOLE_NAME
    if strength >= SAME_SOUND_STRENGTH:
        return SAME_SOUND
    return float(NAME_WEIGHT * strength**NAME_EXPONENT)


def word_term(weight: float) -> float:
    """Return what the words that a plot shares with a text add to its score."""
    return min(WORD_WEIGHT * weight, MOST_BY_WORDS)


def hybrid(
    index: VectorIndex,
    told: Mapping[TitleId, Evidence],
    *,
    query: Query,
    others: bool = True,
    taste: Vector | None = None,
) -> list[Found]:
    """Return the best `query.k` titles by meaning (`query.vector`), evidence, boosts and taste.

    Without `others`, which a text has that nobody could embed, only those with evidence. A taste of
    unit length adds `PERSONAL` times its cosine to whatever has a vector: both are linear in the
    title's vector, so the sum of the two vectors is asked for, and the cut is that of the sum.
    """
    if query.vector is not None and taste is not None:
        query = replace(query, vector=query.vector + np.float32(PERSONAL) * taste)
    else:
        taste = None
    found = list(_told(index, query, told))
    if others:
        rest = replace(query, filter=_without(query.filter, told)) if told else query
        found += map(Found, index.search(rest))
    best = sorted(found, key=lambda each: (-each.score, each.hit.title_id))[: query.k]
    return best if taste is None else [_parted(index, each, query.space, taste) for each in best]


def _parted(index: VectorIndex, found: Found, space: Space, taste: Vector) -> Found:
    """Return a title with what taste added to its similarity told apart."""
    try:
        vector = index.vectors([found.hit.title_id], space)[0]
    except VectorMissing:
        return found
    personal = PERSONAL * float(vector @ taste)
    hit = found.hit._replace(similarity=found.hit.similarity - personal)
    return Found(hit, replace(found.evidence, personal=personal))


def _told(index: VectorIndex, query: Query, told: Mapping[TitleId, Evidence]) -> Iterable[Found]:
    """Return those titles with evidence that meet the filter, embedded or not."""
    if not told:
        return []
    narrowed = replace(query, filter=_only(query.filter, told), k=len(told))
    hits = {hit.title_id: hit for hit in index.search(narrowed)}
    if query.vector is not None and len(hits) < len(told):
        bare = replace(narrowed, vector=None, filter=_without(narrowed.filter, hits))
        hits |= {hit.title_id: hit for hit in index.search(bare)}
    return [Found(hit, told[title_id]) for title_id, hit in hits.items()]


def _without(wanted: Filter, titles: Iterable[TitleId]) -> Filter:
    return replace(wanted, exclude=wanted.exclude.union(titles))


def _only(wanted: Filter, titles: Iterable[TitleId]) -> Filter:
    allowed = frozenset(titles)
    return replace(wanted, include=allowed if wanted.include is None else allowed & wanted.include)
