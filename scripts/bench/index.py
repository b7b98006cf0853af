"""`rasika bench index`: filtered, blended search in memory beside a plain NumPy scan."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from index.memory import MemoryIndex
from index.query import Boosts, Filter, Matrix, Query
from scripts.bench import catalogues
from scripts.bench.catalogues import Catalogue
from scripts.bench.scan import Scan, recall, told
from scripts.bench.tables import MIB, Effort, Run, alternated, peak_mib, resident_mib, together
from wiring.settings import Settings

BASELINE = "NumPy scan of all rows: float32 product, boosts, mask, argpartition, sort"
BOOSTS = Boosts(popularity=0.2, regional={"IN": 0.2})
SHARES = (0.1, 0.01, 0.001)  # of titles that filters leave
KS = (20, 300)
BATCHES = (16, 64)  # queries at once
BATCH_REPEATS = 10  # a batch is repeated so many times less often than a single query
CHECKED = 20  # queries a case that are compared with float64
NEAR = 0.5  # length of the noise between a query and a title

BAR_MS, BAR_TITLES = 25.0, 100_000  # filtered and blended, p95


@dataclass(frozen=True, slots=True)
class Case:
    """A filter and the queries asked with it."""

    name: str
    wanted: Filter
    queries: Matrix


@dataclass(frozen=True, slots=True)
class Bench:
    """The engine, the baseline, and where the figures go."""

    index: MemoryIndex
    scan: Scan
    run: Run
    effort: Effort


def measure(_: Settings, titles: int, effort: Effort) -> Run:
    """Measure at one size of catalogue."""
    rng = np.random.default_rng(1)
    # Which clusters the vectors lie in does not matter here: no text is embedded.
    catalogue = catalogues.in_memory(titles, catalogues.cluster_centres(None, rng), rng)
    run = Run(titles, catalogue.about, BASELINE)
    bench = Bench(_built(catalogue, run), Scan(catalogue), run, effort)
    cases = _cases(catalogue, bench.scan, effort, rng)
    for case, k in product(cases, KS):
        _measure_single(bench, case, k)
    for size in BATCHES:
        _measure_batch(bench, cases[0].queries, size)
    _measure_together(bench, cases[1])
    run.facts["peak_rss_mib"] = peak_mib()
    return run


def _built(catalogue: Catalogue, run: Run) -> MemoryIndex:
    before, began = resident_mib(), time.perf_counter()
    index = MemoryIndex(catalogue.entries)
    run.facts["build_s"] = round(time.perf_counter() - began, 2)
    run.facts["index_mib"] = round(resident_mib() - before, 1)
    run.facts["vectors_alone_mib"] = round(catalogue.matrix.nbytes / MIB, 1)
    return index


def _cases(
    catalogue: Catalogue, scan: Scan, effort: Effort, rng: np.random.Generator
) -> list[Case]:
    anywhere = _queries(catalogue, np.arange(len(catalogue.entries)), effort, rng)
    cases = [Case("no filter", Filter(), anywhere)]
    for wanted, share in map(scan.nearest_filter, SHARES):
        cases.append(Case(f"{share:.2%} left ({told(wanted)})", wanted, anywhere))
    wanted, share = scan.nearest_filter(SHARES[0], by_language=True)
    elsewhere = np.flatnonzero(~scan.mask(wanted))
    queries = _queries(catalogue, elsewhere, effort, rng) if len(elsewhere) else anywhere
    return [*cases, Case(f"{share:.2%} left, far away ({told(wanted)})", wanted, queries)]


def _queries(
    catalogue: Catalogue,
    rows: np.ndarray[tuple[int], np.dtype[np.int64]],
    effort: Effort,
    rng: np.random.Generator,
) -> Matrix:
    """Return unit rows near some of these titles."""
    chosen = rows[catalogues.sample(len(rows), effort.repeats, rng)]
    return catalogues.around(catalogue.matrix[chosen], rng, NEAR)


def _measure_single(bench: Bench, case: Case, k: int) -> None:
    asked = [
        Query(vector=vector, filter=case.wanted, boosts=BOOSTS, k=k) for vector in case.queries
    ]
    ours, theirs = alternated(
        lambda number: bench.index.search(asked[number]),
        lambda number: bench.scan.search(case.queries[number], case.wanted, BOOSTS, k),
        len(asked),
    )
    filtered = case.wanted != Filter() and bench.run.titles >= BAR_TITLES
    bench.run.pair(
        f"{case.name}, k {k}",
        ours,
        theirs,
        recalls=_recalls(bench, asked[:CHECKED]),
        bar_ms=BAR_MS if filtered else None,
    )


def _recalls(bench: Bench, asked: Sequence[Query]) -> tuple[float, float]:
    """Return the mean recall of ours and of the baseline, against float64."""
    vectors = [query.vector for query in asked if query.vector is not None]
    own, other = [], []
    for query, vector, similarities in zip(
        asked, vectors, bench.scan.similarities(np.stack(vectors)), strict=True
    ):
        truth = bench.scan.exact(similarities, query.filter, query.boosts, query.k)
        own.append(recall([hit.title_id for hit in bench.index.search(query)], truth))
        scanned = bench.scan.search(vector, query.filter, query.boosts, query.k)
        other.append(recall(scanned, truth))
    return float(np.mean(own)), float(np.mean(other))


def _measure_batch(bench: Bench, queries: Matrix, size: int) -> None:
    batch = np.resize(queries, (size, queries.shape[1]))
    asked = [Query(vector=vector, boosts=BOOSTS, k=KS[0]) for vector in batch]
    ours, theirs = alternated(
        lambda _: bench.index.search_many(asked),
        lambda _: [bench.scan.search(vector, Filter(), BOOSTS, KS[0]) for vector in batch],
        max(2, bench.effort.repeats // BATCH_REPEATS),
        units=size,
    )
    bench.run.pair(f"{size} queries at once, no filter, k {KS[0]}", ours, theirs)


def _measure_together(bench: Bench, case: Case) -> None:
    asked = [
        Query(vector=vector, filter=case.wanted, boosts=BOOSTS, k=KS[0]) for vector in case.queries
    ]
    ours, theirs = together(
        lambda number: bench.index.search(asked[number % len(asked)]),
        lambda number: bench.scan.search(
            case.queries[number % len(asked)], case.wanted, BOOSTS, KS[0]
        ),
        bench.effort,
    )
    bench.run.pair(f"{bench.effort.callers} threads, {case.name}, k {KS[0]}", ours, theirs)
