"""The search box: what a text means, and whose name it is, in one ranking.

A name is one more term of the blended score, added before the cut: titles whose name resembles
the text are scored whole, the index gives the best of all others, and the two are merged. No
title outside both can be among the best `k`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from index.query import Boosts, Filter, Hit, Query, Region, TitleId, VectorIndex
from search.names import NameMatch

NAME_WEIGHT = 1.5  # a name that is nearly the same outweighs most differences in meaning
NAME_EXPONENT = 2.0  # a likeness of 0.6 counts for 0.36 of a name
# The very name outweighs what a longer name that begins with it (0.9 of a name: 1.2), a difference
# in meaning (cosines: at most 2) and the boosts can add.
WHOLE_NAME = 3.5

# Enough to order titles that fit equally well, too little to lift one that fits worse.
SEARCH_POPULARITY = 0.04
SEARCH_REGIONAL = 0.02


@dataclass(frozen=True, slots=True)
class Found:
    """A title found by a text, with the terms that add up to its score."""

    hit: Hit
    name: float = 0.0

    @property
    def score(self) -> float:
        """The sum of the terms."""
        return self.hit.score + self.name


def search_boosts(region: Region) -> Boosts:
    """Return the boosts of the search box."""
    return Boosts(popularity=SEARCH_POPULARITY, regional={region: SEARCH_REGIONAL})


def hybrid(
    index: VectorIndex,
    matches: list[NameMatch],
    *,
    query: Query,
) -> list[Found]:
    """Return the best `query.k` titles by meaning (`query.vector`), name and boosts.

    Without a vector, because no embedder answers, names alone find titles.
    """
    # A title may be found by its own name and by its people's: the better one counts.
    by_strength = sorted(matches, key=lambda match: match.strength)
    names = {match.title_id: name_term(match.strength) for match in by_strength}
    found = (_named if query.vector is None else _both)(index, query, names)
    return sorted(found.values(), key=lambda each: (-each.score, each.hit.title_id))[: query.k]


def name_term(strength: float) -> float:
    """Return what a name's likeness (0..1) adds to a score."""
    return WHOLE_NAME if strength >= 1 else float(NAME_WEIGHT * strength**NAME_EXPONENT)


def _both(index: VectorIndex, query: Query, names: Mapping[TitleId, float]) -> dict[TitleId, Found]:
    others = query if not names else replace(query, filter=_without(query.filter, names))
    found = {hit.title_id: Found(hit) for hit in index.search(others)}
    return found | _named(index, query, names)


def _named(
    index: VectorIndex, query: Query, names: Mapping[TitleId, float]
) -> dict[TitleId, Found]:
    """Return the named titles that meet the filter, embedded or not."""
    if not names:
        return {}
    narrowed = replace(query, filter=_only(query.filter, names), k=len(names))
    hits = {hit.title_id: hit for hit in index.search(narrowed)}
    if query.vector is not None and len(hits) < len(names):
        bare = replace(narrowed, vector=None, filter=_without(narrowed.filter, hits))
        hits |= {hit.title_id: hit for hit in index.search(bare)}
    return {title_id: Found(hit, names[title_id]) for title_id, hit in hits.items()}


def _without(wanted: Filter, titles: Iterable[TitleId]) -> Filter:
    return replace(wanted, exclude=wanted.exclude.union(titles))


def _only(wanted: Filter, names: Mapping[TitleId, float]) -> Filter:
    allowed = frozenset(names)
    return replace(wanted, include=allowed if wanted.include is None else allowed & wanted.include)
