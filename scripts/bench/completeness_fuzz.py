"""Checks with random queries that an engine never returns too few titles.

    python -m scripts.bench.completeness_fuzz pgvector --queries 100000

The number of matching titles is counted over plain arrays, without any engine. Each engine has its
own catalogue: a new PostgreSQL; a separate collection on the Qdrant server, or the local mode of
its client without a server; `edge` is Qdrant's own engine in process.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Protocol

import numpy as np
import typer
from numpy.typing import NDArray

from config.settings import load_settings
from db.engine import connect
from db.pgvector_index import PgvectorIndex
from embedded.lease import acquire
from index.memory import MemoryIndex
from index.query import Hit, IndexEntry, Query, VectorIndex
from scripts.bench.engines import qdrant
from scripts.bench.random_queries import DEFAULT_TITLES, SEED, random_entries, random_queries
from vocabulary.kinds import Space

QUERIES_PER_BATCH = 64  # as a homepage or a feed searches many vectors at once
QDRANT_ALIAS = "rasika-completeness-fuzz"

Mask = NDArray[np.bool_]  # (n,)


@dataclass(slots=True)
class FuzzResult:
    """Counts of queries and of wrong answers."""

    queries: int = 0
    short: int = 0  # answers with fewer titles than match, up to k
    wrong: int = 0  # answers with a repeated, misplaced or filtered-out title
    hits: int = 0
    seconds: float = 0.0  # in the engine
    first_failure: Query | None = None

    def add(self, query: Query, hits: Sequence[Hit], reference: "ReferenceFilter") -> None:
        """Check an answer and count it."""
        mask = reference.matches(query)
        rows = [reference.row_of[hit.title_id] for hit in hits]
        order = [(-hit.score, hit.title_id) for hit in hits]
        short = len(hits) < min(query.k, int(mask.sum()))
        wrong = not mask[rows].all() or order != sorted(set(order)) or len(hits) > query.k
        self.queries += 1
        self.hits += len(hits)
        self.short += short
        self.wrong += wrong
        if short or wrong:
            self.first_failure = self.first_failure or query


def check_index(
    index: VectorIndex,
    entries: Sequence[IndexEntry],
    number: int,
    *,
    seed: int = SEED,
    seconds: float | None = None,
) -> FuzzResult:
    """Search an index of these entries `number` times, or until `seconds` are over."""
    reference, result = ReferenceFilter(entries), FuzzResult()
    began, queries = time.monotonic(), islice(random_queries(entries, seed=seed), number)
    while batch := list(islice(queries, QUERIES_PER_BATCH)):
        if seconds is not None and time.monotonic() - began > seconds:
            break
        before = time.monotonic()
        answers = index.search_many(batch)
        result.seconds += time.monotonic() - before
        for query, hits in zip(batch, answers, strict=True):
            result.add(query, hits, reference)
    return result


class ReferenceFilter:
    """The attributes of titles as plain arrays, a row per title, independent of any engine."""

    def __init__(self, entries: Sequence[IndexEntry]) -> None:
        attributes = [entry.attributes for entry in entries]
        self.row_of = {entry.title_id: row for row, entry in enumerate(entries)}
        self._has_vector = np.array([Space.CONTENT in entry.vectors for entry in entries])
        self._ids = np.array([entry.title_id for entry in entries])
        self._labels = {
            name: [frozenset(map(str, _label_set(getattr(each, name)))) for each in attributes]
            for name in ("kind", "languages", "genres", "providers")
        }
        self._numbers = {
            name: np.array([_number(getattr(each, name)) for each in attributes])
            for name in ("year", "minimum_age", "votes", "rating", "runtime_minutes", "adult")
        }
        self._label_masks: dict[tuple[str, str], Mask] = {}

    def matches(self, query: Query) -> Mask:
        """Return which titles match a query."""
        title_filter, number = query.filter, self._numbers
        mask = np.ones(len(self._ids), bool) if query.vector is None else self._has_vector.copy()
        for name, labels in (
            ("kind", title_filter.kinds),
            ("languages", title_filter.languages),
            ("genres", title_filter.genres_any),
            ("providers", title_filter.providers),
        ):
            if labels:
                mask &= np.any([self._has(name, str(label)) for label in labels], axis=0)
        for genre in title_filter.genres_all:
            mask &= self._has("genres", genre)
        for genre in title_filter.genres_none:
            mask &= ~self._has("genres", genre)
        if not title_filter.adult:
            mask &= number["adult"] == 0
        if title_filter.max_age is not None:
            unknown = np.isnan(number["minimum_age"]) & title_filter.unrated
            mask &= (number["minimum_age"] <= title_filter.max_age) | unknown
        for name, low, high in (
            ("year", title_filter.year_from, title_filter.year_to),
            ("runtime_minutes", title_filter.runtime_from, title_filter.runtime_to),
            ("votes", title_filter.min_votes, None),
            ("rating", title_filter.min_rating, None),
        ):
            mask &= number[name] >= low if low is not None else True
            mask &= number[name] <= high if high is not None else True
        if title_filter.include is not None:
            mask &= np.isin(self._ids, list(title_filter.include))
        if title_filter.exclude:
            mask &= ~np.isin(self._ids, list(title_filter.exclude))
        return mask

    def _has(self, name: str, label: str) -> Mask:
        mask = self._label_masks.get((name, label))
        if mask is None:
            mask = np.array([label in labels for labels in self._labels[name]])
            self._label_masks[name, label] = mask
        return mask


def _label_set(value: object) -> frozenset[object]:
    return value if isinstance(value, frozenset) else frozenset({value})


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)


class ReplaceableIndex(VectorIndex, Protocol):
    """An index whose whole content can be replaced."""

    def replace(self, entries: Sequence[IndexEntry], /) -> None:
        """Index these titles and no others."""
        ...


@contextmanager
def open_index(engine: str) -> Iterator[ReplaceableIndex]:
    """Open an empty engine, separate from the one that is served."""
    if engine == "memory":
        yield MemoryIndex()
        return
    with ExitStack() as stack:
        yield _open_pgvector(stack) if engine == "pgvector" else _open_qdrant(engine, stack)


def _open_pgvector(stack: ExitStack) -> ReplaceableIndex:
    folder = Path(stack.enter_context(TemporaryDirectory()))
    lease = stack.enter_context(acquire(folder / "home", valkey=False))
    database = connect(lease.database_url)
    stack.callback(database.dispose)
    with database.begin() as connection:
        connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS vector")
    return PgvectorIndex(database)


def _open_qdrant(engine: str, stack: ExitStack) -> ReplaceableIndex:
    from index.qdrant.collections import AliasedCollections, ClusterLayout  # the extra `qdrant`
    from index.qdrant.engine import QdrantIndex

    settings = load_settings()
    if engine == "edge":
        client = qdrant.edge_client(stack)
    elif settings.qdrant_url:
        key = settings.qdrant_api_key
        open_client = qdrant.server_client(
            settings.qdrant_url, key.get_secret_value() if key else None
        )
        client = open_client(stack)
    else:
        client = qdrant.local_client(stack)
    collections = AliasedCollections(client=client, cluster=ClusterLayout(), alias=QDRANT_ALIAS)
    stack.callback(collections.drop_abandoned, "")
    return QdrantIndex(collections)


def main(
    engine: Annotated[str, typer.Argument(help="memory, pgvector, qdrant or edge")] = "memory",
    queries: int = 100_000,
    titles: Annotated[int, typer.Option(min=500)] = DEFAULT_TITLES,
    seed: int = SEED,
    seconds: Annotated[float | None, typer.Option(help="Stop after so long.")] = None,
    graph: Annotated[bool, typer.Option(help="For pgvector and qdrant: use graphs.")] = False,
) -> None:
    """Search an engine with random queries and count short and wrong answers."""
    entries = random_entries(titles, seed=seed)
    with open_index(engine) as index:
        index.replace(entries)
        if graph:
            index.build_graph(Space.CONTENT)  # type: ignore[attr-defined]  # shared engines only
        result = check_index(index, entries, queries, seed=seed, seconds=seconds)
    typer.echo(
        f"{engine}: {result.queries:,} queries over {titles:,} titles, {result.hits:,} hits: "
        f"{result.short} short, {result.wrong} wrong; {result.seconds:.0f} s in the engine"
    )
    if result.first_failure is not None:
        typer.echo(str(result.first_failure))
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
