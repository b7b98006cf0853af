"""Whether an engine holds what it should: its answers beside those of the definition.

The truth is worked out a page of titles at a time, so it takes the memory of a page, however large
the catalogue.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest

from index.memory import MemoryIndex
from index.query import Boosts, Filter, Hit, IndexEntry, Query, VectorIndex
from vocabulary.kinds import Space

SAMPLED_TITLES = 16  # whose neighbours are asked for
NEIGHBOURS_PER_QUERY = 50

# As searches weigh them, and half as much again.
SAMPLE_BOOSTS = (
    Boosts(),
    Boosts(popularity=0.2, freshness=0.1),
    Boosts(popularity=0.3, freshness=0.15),
)


@dataclass(slots=True)
class EntrySample:
    """A few titles of a stream, each with the same chance to be among them."""

    size: int = SAMPLED_TITLES
    entries: list[IndexEntry] = field(default_factory=list)
    entries_seen: int = 0
    _random: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311  # no secret

    def observe(self, entries: Iterable[IndexEntry]) -> Iterator[IndexEntry]:
        """Yield the stream as it is (reservoir sampling, Vitter 1985, algorithm R)."""
        for entry in entries:
            self.entries_seen += 1
            if len(self.entries) < self.size:
                self.entries.append(entry)
            elif (place := self._random.randrange(self.entries_seen)) < self.size:
                self.entries[place] = entry
            yield entry

    def build_queries(self) -> list[Query]:
        """Return what to ask: neighbours in every space, wide and among a language's titles."""
        asked = [Query(boosts=boosts, k=NEIGHBOURS_PER_QUERY) for boosts in SAMPLE_BOOSTS]
        for at, entry in enumerate(self.entries):
            boosts = SAMPLE_BOOSTS[at % len(SAMPLE_BOOSTS)]
            for space in sorted(entry.vectors):
                vector = entry.vectors[space]
                for wanted in (Filter(adult=True), Filter(languages=entry.attributes.languages)):
                    query = Query(
                        vector=vector,
                        space=space,
                        filter=wanted,
                        boosts=boosts,
                        k=NEIGHBOURS_PER_QUERY,
                    )
                    asked.append(query)
        return asked


def exact_answers(
    pages: Iterable[Sequence[IndexEntry]], queries: Sequence[Query]
) -> list[list[Hit]]:
    """Return the exact answers over all pages."""
    best: list[list[Hit]] = [[] for _ in queries]
    for page in pages:
        for at, found in enumerate(MemoryIndex(page).search_many(queries)):
            best[at] = nsmallest(queries[at].k, [*best[at], *found], key=_hit_order)
    return best


def lowest_recall(
    index: VectorIndex, queries: Sequence[Query], expected: Sequence[Sequence[Hit]]
) -> float:
    """Return which share of the expected titles the engine finds, 0..1; the worst of the spaces."""
    answers = index.search_many(queries)
    shares: dict[Space | None, list[float]] = {}
    for query, answer, best in zip(queries, answers, expected, strict=True):
        if best:
            found = {hit.title_id for hit in answer}
            share = sum(hit.title_id in found for hit in best) / len(best)
            shares.setdefault(None if query.vector is None else query.space, []).append(share)
    return min((sum(each) / len(each) for each in shares.values()), default=1.0)


def _hit_order(hit: Hit) -> tuple[float, int]:
    return -hit.score, hit.title_id
