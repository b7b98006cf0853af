"""Whether an engine ever finds fewer than it should: queries of every kind, counted by hand.

    python -m scripts.bench.completeness_fuzz pgvector --queries 100000

How many titles match is counted over plain arrays, apart from any engine. The engines work on a
catalogue of their own: in a PostgreSQL that is made for it, and in a Qdrant under another name, or
in its client where no server is given; `edge` is its own engine, in process.
"""

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Protocol

import numpy as np
import typer
from numpy.typing import NDArray

from config import settings
from db.engine import connect
from db.pgvector_index import PgvectorIndex
from embedded.lease import acquire
from index.memory import MemoryIndex
from index.query import Attributes, Boosts, Filter, IndexEntry, Query, VectorIndex
from vocabulary.kinds import Kind, Space

DEFAULT_TITLES = 3000
DIMENSIONS = 32
QUERIES_PER_BATCH = 64  # queries at once, as rows of a homepage and interests of a feed come
SEED = 7

LANGUAGES = ("te", "ta", "hi", "kn", "ml", "en", "ja", "ko", "fr", "bn", "mr", "pa")
GENRES = ("drama", "comedy", "action", "horror", "romance", "thriller", "family", "war")
PROVIDERS = ("netflix", "netflix@IN", "aha", "aha@IN", "hotstar", "hotstar@IN")
REGIONS = ("IN", "IN-TG", "IN-TN", "US")
YEAR_RANGE = (1950, 2026)
AGE_CHOICES = (None, 0, 7, 13, 16, 18)
K_CHOICES = (1, 5, 20, 20, 20, 100, 300, 1000, 5000)
WEIGHT_CHOICES = (0.0, 0.05, 0.2, 0.5, 2.0, -0.5)

Mask = NDArray[np.bool_]  # (n,)


@dataclass(slots=True)
class FuzzResult:
    """What was found wanting."""

    queries: int = 0
    short: int = 0  # answers with fewer titles than there are, up to k
    wrong: int = 0  # answers with a title twice, out of order, or that the filter excludes
    hits: int = 0
    seconds: float = 0.0  # in the engine
    first_failure: Query | None = None


def random_entries(n: int = DEFAULT_TITLES, *, seed: int = SEED) -> list[IndexEntry]:
    """Return titles, some without a vector, a year or a rating; languages are rare and common."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    vectors = np.random.default_rng(seed).normal(size=(n, DIMENSIONS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return [_random_entry(chance, row + 1, vector) for row, vector in enumerate(vectors)]


def random_queries(entries: Sequence[IndexEntry], *, seed: int = SEED) -> Iterator[Query]:
    """Yield queries without end: every field of a filter, wide and narrow, and every boost."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    placed = [entry for entry in entries if Space.CONTENT in entry.vectors]
    ids = [entry.title_id for entry in entries]
    while True:
        vector = chance.choice(placed).vectors[Space.CONTENT]
        yield Query(
            vector=vector if chance.random() < 0.8 else None,
            filter=_random_filter(chance, ids),
            boosts=Boosts(
                popularity=chance.choice(WEIGHT_CHOICES),
                regional={
                    region: chance.choice(WEIGHT_CHOICES)
                    for region in REGIONS
                    if chance.random() < 0.3
                },
                freshness=chance.choice(WEIGHT_CHOICES),
            ),
            k=chance.choice(K_CHOICES),
        )


def check_index(
    index: VectorIndex,
    entries: Sequence[IndexEntry],
    number: int,
    *,
    seed: int = SEED,
    seconds: float | None = None,
) -> FuzzResult:
    """Ask an index of these entries that many queries, for so long at most, and count."""
    table, found = ReferenceFilter(entries), FuzzResult()
    began, asked = time.monotonic(), islice(random_queries(entries, seed=seed), number)
    while batch := list(islice(asked, QUERIES_PER_BATCH)):
        if seconds is not None and time.monotonic() - began > seconds:
            break
        before = time.monotonic()
        answers = index.search_many(batch)
        found.seconds += time.monotonic() - before
        for query, hits in zip(batch, answers, strict=True):
            mask = table.matches(query)
            rows = [table.row_of[hit.title_id] for hit in hits]
            order = [(-hit.score, hit.title_id) for hit in hits]
            found.queries += 1
            found.hits += len(hits)
            if len(hits) < min(query.k, int(mask.sum())):
                found.short += 1
                found.first_failure = found.first_failure or query
            if not mask[rows].all() or order != sorted(set(order)) or len(hits) > query.k:
                found.wrong += 1
                found.first_failure = found.first_failure or query
    return found


class ReferenceFilter:
    """What filters ask about titles, a row a title, and nothing an engine has a part in."""

    def __init__(self, entries: Sequence[IndexEntry]) -> None:
        has = [entry.attributes for entry in entries]
        self.row_of = {entry.title_id: row for row, entry in enumerate(entries)}
        self._placed = np.array([Space.CONTENT in entry.vectors for entry in entries])
        self._ids = np.array([entry.title_id for entry in entries])
        self._labels = {
            name: [frozenset(map(str, _label_set(getattr(each, name)))) for each in has]
            for name in ("kind", "languages", "genres", "providers")
        }
        self._numbers = {
            name: np.array([_number(getattr(each, name)) for each in has])
            for name in ("year", "minimum_age", "votes", "rating", "runtime_minutes", "adult")
        }
        self._known: dict[tuple[str, str], Mask] = {}

    def matches(self, query: Query) -> Mask:
        """Return which titles a query may find."""
        want, number = query.filter, self._numbers
        mask = np.ones(len(self._ids), bool) if query.vector is None else self._placed.copy()
        for name, labels in (
            ("kind", want.kinds),
            ("languages", want.languages),
            ("genres", want.genres_any),
            ("providers", want.providers),
        ):
            if labels:
                mask &= np.any([self._has(name, str(label)) for label in labels], axis=0)
        for genre in want.genres_all:
            mask &= self._has("genres", genre)
        for genre in want.genres_none:
            mask &= ~self._has("genres", genre)
        if not want.adult:
            mask &= number["adult"] == 0
        if want.max_age is not None:
            unknown = np.isnan(number["minimum_age"]) & want.unrated
            mask &= (number["minimum_age"] <= want.max_age) | unknown
        for name, low, high in (
            ("year", want.year_from, want.year_to),
            ("runtime_minutes", want.runtime_from, want.runtime_to),
            ("votes", want.min_votes, None),
            ("rating", want.min_rating, None),
        ):
            mask &= number[name] >= low if low is not None else True
            mask &= number[name] <= high if high is not None else True
        if want.include is not None:
            mask &= np.isin(self._ids, list(want.include))
        if want.exclude:
            mask &= ~np.isin(self._ids, list(want.exclude))
        return mask

    def _has(self, name: str, label: str) -> Mask:
        mask = self._known.get((name, label))
        if mask is None:
            mask = np.array([label in labels for labels in self._labels[name]])
            self._known[name, label] = mask
        return mask


def _label_set(value: object) -> frozenset[object]:
    return value if isinstance(value, frozenset) else frozenset({value})


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)


def _random_entry(chance: random.Random, title_id: int, vector: NDArray[np.float32]) -> IndexEntry:
    common = min(int(chance.expovariate(0.5)), len(LANGUAGES) - 1)
    attributes = Attributes(
        kind=chance.choice(list(Kind)),
        languages=frozenset({LANGUAGES[common], *_random_subset(chance, LANGUAGES, 0.02)}),
        genres=_random_subset(chance, GENRES, 0.25),
        providers=_random_subset(chance, PROVIDERS, 0.1),
        year=chance.choice([None, *[chance.randint(*YEAR_RANGE)] * 9]),
        adult=chance.random() < 0.05,
        minimum_age=chance.choice(AGE_CHOICES),
        votes=int(chance.expovariate(0.001)),
        rating=chance.choice([None, round(chance.uniform(0, 10), 1)]),
        runtime_minutes=chance.choice([None, chance.randint(20, 200)]),
    )
    signal = chance.random
    return IndexEntry(
        title_id=title_id,
        attributes=attributes,
        vectors={Space.CONTENT: vector} if chance.random() < 0.95 else {},
        popularity=signal(),
        regional={region: signal() for region in REGIONS if chance.random() < 0.4},
        freshness=signal(),
    )


def _random_filter(chance: random.Random, ids: Sequence[int]) -> Filter:
    wanted = Filter(adult=chance.random() < 0.3)
    year = chance.randint(*YEAR_RANGE)
    fields: list[Callable[[], dict[str, object]]] = [
        lambda: {"kinds": frozenset(chance.sample(list(Kind), 2))},
        lambda: {"languages": frozenset(chance.sample(LANGUAGES, chance.randint(1, 3)))},
        lambda: {"genres_any": frozenset(chance.sample(GENRES, 2))},
        lambda: {"genres_all": frozenset(chance.sample(GENRES, chance.randint(1, 3)))},
        lambda: {"genres_none": frozenset(chance.sample(GENRES, 2))},
        lambda: {"providers": frozenset(chance.sample(PROVIDERS, 2))},
        lambda: {"year_from": year, "year_to": chance.choice([None, year, year + 10])},
        lambda: {"max_age": chance.choice(AGE_CHOICES[1:]), "unrated": chance.random() < 0.5},
        lambda: {"min_votes": int(chance.expovariate(0.001))},
        lambda: {"min_rating": round(chance.uniform(0, 10), 1)},
        lambda: {"runtime_from": chance.randint(20, 120)},
        lambda: {"runtime_to": chance.randint(60, 200)},
        lambda: {"include": frozenset(chance.sample(ids, chance.choice([0, 3, 50, 500])))},
        lambda: {"exclude": frozenset(chance.sample(ids, chance.choice([1, 50, 500])))},
    ]
    for made in chance.sample(fields, chance.choice([0, 1, 1, 2, 2, 3, 4])):
        wanted = replace(wanted, **made())  # type: ignore[arg-type]  # by the names of its fields
    return wanted


def _random_subset(chance: random.Random, labels: Sequence[str], share: float) -> frozenset[str]:
    return frozenset(label for label in labels if chance.random() < share)


class ReplaceableIndex(VectorIndex, Protocol):
    """What a catalogue can be put into."""

    def replace(self, entries: Sequence[IndexEntry], /) -> None:
        """Hold these titles and no others."""
        ...


@contextmanager
def open_index(engine: str) -> Iterator[ReplaceableIndex]:
    """Give an engine with nothing in it, beside whatever is served."""
    if engine == "memory":
        yield MemoryIndex()
    elif engine == "pgvector":
        with (
            tempfile.TemporaryDirectory() as home,
            acquire(Path(home) / "home", valkey=False) as lease,
        ):
            database = connect(lease.database_url)
            with database.begin() as connection:
                connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS vector")
            yield PgvectorIndex(database)
            database.dispose()
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield from _open_qdrant(engine, Path(folder))


def _open_qdrant(engine: str, folder: Path) -> Iterator[ReplaceableIndex]:
    from qdrant_client import QdrantClient  # an extra

    from index.qdrant.collections import AliasedCollections, ClusterLayout
    from index.qdrant.engine import QdrantIndex

    url = settings.load_settings().qdrant_url
    client: Any
    if engine == "edge":
        from scripts.bench.engines.qdrant_edge import EdgeClient  # another

        client = EdgeClient(folder)
    else:
        client = QdrantClient(url) if url else QdrantClient(":memory:")
    collections = AliasedCollections(
        client=client, cluster=ClusterLayout(), alias="rasika-never-short"
    )
    yield QdrantIndex(collections)
    if content := collections.read_state():
        collections.drop(content.name)


def main(
    engine: Annotated[str, typer.Argument(help="memory, pgvector, qdrant or edge")] = "memory",
    queries: int = 100_000,
    titles: int = DEFAULT_TITLES,
    seed: int = SEED,
    seconds: Annotated[float | None, typer.Option(help="give up asking after so long")] = None,
    graph: Annotated[bool, typer.Option(help="of pgvector and qdrant: by graphs")] = False,
) -> None:
    """Ask an engine generated queries and tell how many answers were short."""
    entries = random_entries(titles, seed=seed)
    with open_index(engine) as index:
        index.replace(entries)
        if graph:
            index.build_graph(Space.CONTENT)  # type: ignore[attr-defined]  # of the shared engines
        found = check_index(index, entries, queries, seed=seed, seconds=seconds)
    typer.echo(
        f"{engine}: {found.queries:,} queries over {titles:,} titles, {found.hits:,} hits: "
        f"{found.short} short, {found.wrong} wrong; {found.seconds:.0f} s in the engine"
    )
    if found.first_failure is not None:
        typer.echo(str(found.first_failure))
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
