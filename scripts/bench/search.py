"""`rasika bench search`: the search box in process, phase by phase, beside a plain scan."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from catalog import regions
from config.cpu import available_cores
from config.embedders import load_embedder
from config.settings import Settings
from db.engine import connect
from embeddings.embedder import Embedder, TextRole
from index.catalogue_row import CatalogueRow
from index.memory import MemoryIndex
from index.query import Filter, Hit, Query
from runtime.catalogue_reader import CatalogueReader
from runtime.catalogue_view import CatalogueView
from scripts.bench import datasets
from scripts.bench.datasets import BenchmarkCatalogue
from scripts.bench.engines.numpy_scans import NumpyScan
from scripts.bench.machine import peak_mib
from scripts.bench.measurements import (
    RASIKA,
    BenchmarkFailed,
    BenchmarkOptions,
    BenchmarkRun,
    Timings,
    time_alternately,
    time_concurrently,
)
from scripts.bench.real_titles import titles_as_columns
from scripts.bench.synthetic_titles import Rows
from scripts.evaluate.queries import read_queries
from search.fusion import search_boosts
from search.names.lexical import LexicalIndex, NameMatch
from search.suggestions.suggestion import Suggestion, SuggestionRequest
from services import search
from services.search import SearchRequest
from services.suggestion_topics import region_topics
from services.title_cards import TitleCard
from vocabulary.arrays import Matrix
from vocabulary.kinds import ScopeKind
from vocabulary.name_folding import fold
from vocabulary.title_summary import TitleSummary

BASELINE = (
    "the embedder with its cache, then a NumPy scan of all rows, without names and responses. "
    "For suggestions: a scan of all names for words with the typed beginning, without typos"
)
UNUSED_DATABASE_URL = "postgresql+psycopg://unused@/unused"  # never connected to
RESULTS_PER_SEARCH = 20
SUGGESTIONS_PER_REQUEST = 8
SUGGEST_TARGET_MS = 10.0
SEARCH_TARGET_MS = 40.0
QUERY_CATALOGUES = ("seed", "indian")  # with evaluation queries
PLOT_FORMS = ("plot_native", "plot_romanised")
TYPO_SHARE = 0.3  # of the typed texts have a wrong letter
PHASES = ("embed", "names", "index")


class Stopwatch:
    """Adds up the time of each phase of one search."""

    def __init__(self) -> None:
        self.seconds_by_phase: dict[str, float] = defaultdict(float)

    def add(self, phase: str, began: float) -> None:
        """Add the time since a moment to a phase."""
        self.seconds_by_phase[phase] += time.perf_counter() - began


class TimedEmbedder:
    """An embedder with a stopwatch."""

    def __init__(self, embedder: Embedder, watch: Stopwatch) -> None:
        self.model, self.dim = embedder.model, embedder.dim
        self._embedder = embedder
        self._watch = watch

    def embed(self, texts: Sequence[str], *, role: TextRole) -> Matrix:
        """Return (len(texts), dim) unit rows."""
        began = time.perf_counter()
        rows = self._embedder.embed(texts, role=role)
        self._watch.add("embed", began)
        return rows


class TimedIndex(MemoryIndex):
    """An index with a stopwatch."""

    stopwatch: Stopwatch

    def search(self, query: Query) -> list[Hit]:
        """Return the best `query.k` titles that match."""
        began = time.perf_counter()
        hits = super().search(query)
        self.stopwatch.add("index", began)
        return hits


class TimedNames(LexicalIndex):
    """Names with a stopwatch."""

    stopwatch: Stopwatch

    def match(self, text: str, *, limit: int = 50) -> list[NameMatch]:
        """Return the titles that a folded text may name, the most likely first."""
        began = time.perf_counter()
        matches = super().match(text, limit=limit)
        self.stopwatch.add("names", began)
        return matches


@dataclass(frozen=True, slots=True)
class SearchBenchmark:
    """Two ways to search, and where the figures go."""

    view: CatalogueView
    embedder: TimedEmbedder
    baseline_embedder: Embedder  # with its own cache
    baseline_scan: NumpyScan
    stopwatch: Stopwatch
    run: BenchmarkRun
    options: BenchmarkOptions

    def search_rasika(self, text: str) -> list[TitleCard]:
        """Search as the route does."""
        query = search.analyze(self.view, self.embedder, text)
        request = SearchRequest(
            filter=Filter(), region=regions.DEFAULT_REGION, limit=RESULTS_PER_SEARCH
        )
        result = search.search(self.view, query, request)
        return search.search_cards(self.view, query, result, request)

    def suggest_rasika(self, text: str) -> list[Suggestion]:
        """Suggest as the route does."""
        region = regions.DEFAULT_REGION
        request = SuggestionRequest(folded=fold(text), region=region)
        return self.view.suggester.suggest(
            request, topics=region_topics(region, ()), limit=SUGGESTIONS_PER_REQUEST
        )

    def suggest_baseline(self, text: str) -> list[TitleSummary]:
        """Return the titles with a word that begins with the text, the most popular first."""
        word = f" {fold(text)}"
        matches = [
            summary
            for summary in self.view.titles.values()
            if any(word in f" {name}" for name in (*summary.names, *summary.people))
        ]
        scope = (ScopeKind.GLOBAL, "")
        matches.sort(key=lambda each: -each.popularity.get(scope, 0.0))
        return matches[:SUGGESTIONS_PER_REQUEST]

    def search_baseline(self, text: str) -> Rows:
        """Embed and scan."""
        vector = self.baseline_embedder.embed([text], role="query")[0]
        boosts = search_boosts(regions.DEFAULT_REGION)
        return self.baseline_scan.search(Query(vector=vector, boosts=boosts, k=RESULTS_PER_SEARCH))


def measure(settings: Settings, titles: int, options: BenchmarkOptions) -> BenchmarkRun:
    """Measure one catalogue size."""
    rng = np.random.default_rng(1)
    embedder, baseline_embedder = load_embedder(settings), load_embedder(settings)
    if embedder is None or baseline_embedder is None:
        raise BenchmarkFailed(f"the embedder {settings.embedder} could not be loaded")
    centres = datasets.cluster_centres(embedder.model, rng)
    catalogue = datasets.build_catalogue(titles, centres, rng)
    stopwatch = Stopwatch()
    data = f"{catalogue.description}; queries are beginnings of synopses"
    run = BenchmarkRun(titles, data, BASELINE)
    baseline_scan = NumpyScan(available_cores())
    baseline_scan.build(
        titles_as_columns(data, catalogue.summaries, catalogue.entries, catalogue.matrix)
    )
    bench = SearchBenchmark(
        view=_build_view(catalogue, stopwatch),
        embedder=TimedEmbedder(embedder, stopwatch),
        baseline_embedder=baseline_embedder,
        baseline_scan=baseline_scan,
        stopwatch=stopwatch,
        run=run,
        options=options,
    )
    texts = datasets.shuffle_distinct([*datasets.seed_texts(), *catalogue.texts], rng)
    _measure_all(bench, texts, [summary.title for summary in catalogue.summaries], rng)
    run.facts["peak_rss_mib"] = peak_mib()
    return run


def _build_view(catalogue: BenchmarkCatalogue, stopwatch: Stopwatch) -> CatalogueView:
    """Return what a serving process holds, without a database."""
    view = CatalogueView(
        connect(UNUSED_DATABASE_URL), CatalogueReader({}, regions.LANGUAGE_WEIGHTS)
    )
    index, names = TimedIndex(catalogue.entries), TimedNames()
    index.stopwatch = names.stopwatch = stopwatch
    columns = zip(catalogue.summaries, catalogue.entries, catalogue.plots, strict=True)
    rows = [CatalogueRow(*each) for each in columns]
    for structure in (names, view.plots, view.entity_dictionary, view.suggester):
        structure.load(rows)
    view.titles.update((row.summary.id, row.summary) for row in rows)
    view.index, view.names = index, names
    return view


def _measure_all(
    bench: SearchBenchmark, texts: Sequence[str], names: Sequence[str], rng: np.random.Generator
) -> None:
    repeats = bench.options.repeats
    new, concurrent = texts[: len(texts) // 2], texts[len(texts) // 2 :]
    pool = [f"{text}?" for text in texts[: bench.options.repeated_queries]]
    repeated = datasets.zipf_sample(len(pool), repeats, rng)
    titles = [names[row] for row in datasets.sample_rows(len(names), repeats, rng)]
    _measure_case(bench, "new queries", lambda number: datasets.query_text(new, number))
    for form in PLOT_FORMS:
        plots = [
            query.query
            for name in QUERY_CATALOGUES
            for query in read_queries(name)
            if query.form == form
        ]
        case = form.replace("_", "s, ")
        _measure_case(bench, case, partial(datasets.query_text, plots))
    for text in pool:
        bench.search_rasika(text), bench.search_baseline(text)
    _measure_case(bench, f"repeated, Zipf over {len(pool)}", lambda number: pool[repeated[number]])
    _measure_case(bench, "names", lambda number: titles[number])
    _measure_suggestions(bench, rng)
    pair = time_concurrently(
        lambda number: bench.search_rasika(datasets.query_text(concurrent, number)),
        lambda number: bench.search_baseline(datasets.query_text(concurrent, number)),
        bench.options,
    )
    bench.run.add_pair(f"new queries, {bench.options.callers} threads", *pair)


def _measure_suggestions(bench: SearchBenchmark, rng: np.random.Generator) -> None:
    """Measure suggestions for the first 1 to 12 letters of names of titles and people."""
    summaries = bench.view.titles.values()
    names = [name for each in summaries for name in (each.title, *each.people_names[:1])]
    rows = datasets.sample_rows(len(names), bench.options.repeats, rng)
    prefixes = [_typed_prefix(names[row], rng) for row in rows]
    pair = time_alternately(
        lambda number: bench.suggest_rasika(prefixes[number]),
        lambda number: bench.suggest_baseline(prefixes[number]),
        bench.options.repeats,
    )
    bench.run.add_pair("suggestions", *pair, target_ms=SUGGEST_TARGET_MS)


def _typed_prefix(name: str, rng: np.random.Generator) -> str:
    """Return the first letters of a name, sometimes with a wrong one."""
    prefix = name[: int(rng.integers(1, 13))]
    if len(prefix) > 2 and rng.random() < TYPO_SHARE:
        place = int(rng.integers(1, len(prefix)))
        prefix = f"{prefix[:place]}{rng.choice(list('aeiouhnrst'))}{prefix[place + 1 :]}"
    return prefix


def _measure_case(bench: SearchBenchmark, case: str, text: Callable[[int], str]) -> None:
    """Measure one caller, and the phases of ours; the rest is fusion and the response."""
    phases: dict[str, list[float]] = {phase: [] for phase in (*PHASES, "fusion and answer")}

    def ours(number: int) -> None:
        bench.stopwatch.seconds_by_phase.clear()
        began = time.perf_counter()
        bench.search_rasika(text(number))
        total_s = time.perf_counter() - began
        if number >= 0:
            for phase in PHASES:
                phases[phase].append(bench.stopwatch.seconds_by_phase[phase])
            phases["fusion and answer"].append(
                total_s - sum(bench.stopwatch.seconds_by_phase.values())
            )

    pair = time_alternately(
        ours, lambda number: bench.search_baseline(text(number)), bench.options.repeats
    )
    bench.run.add_pair(case, *pair, target_ms=SEARCH_TARGET_MS)
    bench.run.rows += [
        Timings(seconds, len(seconds) / sum(seconds)).measurement(f"  of it {phase}", RASIKA)
        for phase, seconds in phases.items()
        if sum(seconds) > 0  # cached answers skip phases
    ]
