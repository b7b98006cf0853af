"""`rasika bench search`: the search box in process, phase by phase, beside a plain scan."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from api.metrics import Metrics
from api.schemas.titles import SearchResponse
from catalog import regions
from config.resources import load_embedder
from config.settings import Settings
from db.engine import connect
from embeddings.embedder import Embedder, TextRole
from index.memory import MemoryIndex
from index.query import Filter, Hit, Query
from runtime.catalogue_reader import CatalogueReader
from runtime.catalogue_view import CatalogueView, add_to_vocabulary, search_labels
from scripts.bench import datasets
from scripts.bench.datasets import BenchmarkCatalogue
from scripts.bench.measurements import (
    RASIKA,
    BenchmarkFailed,
    BenchmarkOptions,
    BenchmarkRun,
    Timings,
    peak_mib,
    time_alternately,
    time_concurrently,
)
from scripts.bench.numpy_baseline import NumpyBaseline
from scripts.evaluate.queries import read_queries
from search.fusion import search_boosts
from search.names.lexical import LexicalIndex, NameMatch
from search.suggestions.suggester import Suggestion, SuggestionRequest
from services import search
from services.suggestion_topics import region_topics
from vocabulary.arrays import Matrix
from vocabulary.ids import TitleId
from vocabulary.kinds import ScopeKind
from vocabulary.name_folding import fold
from vocabulary.title_summary import TitleSummary

BASELINE = (
    "the embedder with its cache, then a NumPy scan of all rows; no names, no answer made. "
    "Of suggestions: a scan of all names for words that begin as typed, no letter forgiven"
)
UNUSED_DATABASE_URL = "postgresql+psycopg://nobody@/nothing"  # never connected to
RESULTS_PER_SEARCH = 20  # titles in an answer
SUGGESTIONS_PER_REQUEST = 8  # suggestions in an answer
SUGGEST_TARGET_MS = 10.0
SEARCH_TARGET_MS = 40.0
QUERY_CATALOGUES = ("seed", "indian")  # that queries were written over
PLOT_FORMS = ("plot_native", "plot_romanised")
TYPO_SHARE = 0.3  # share of what is typed that has a wrong letter
PHASES = ("embed", "names", "index")


class Stopwatch:
    """Adds up, per phase, the time of the calls of one answer."""

    def __init__(self) -> None:
        self.seconds_by_phase: dict[str, float] = defaultdict(float)

    def add(self, phase: str, began: float) -> None:
        """Count the time since a moment."""
        self.seconds_by_phase[phase] += time.perf_counter() - began


class TimedEmbedder:
    """An embedder under a stopwatch."""

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
    """An index under a stopwatch."""

    stopwatch: Stopwatch

    def search(self, query: Query) -> list[Hit]:
        """Return the best `query.k` titles that match."""
        began = time.perf_counter()
        hits = super().search(query)
        self.stopwatch.add("index", began)
        return hits


class TimedNames(LexicalIndex):
    """Names under a stopwatch."""

    stopwatch: Stopwatch

    def match(self, text: str, *, limit: int = 50) -> list[NameMatch]:
        """Return the titles that a folded text may name, the likeliest first."""
        began = time.perf_counter()
        found = super().match(text, limit=limit)
        self.stopwatch.add("names", began)
        return found


@dataclass(frozen=True, slots=True)
class SearchBenchmark:
    """Two ways to answer a text, and where the figures go."""

    view: CatalogueView
    embedder: TimedEmbedder
    baseline_embedder: Embedder  # with a cache of its own, for the baseline
    baseline_scan: NumpyBaseline
    stopwatch: Stopwatch
    run: BenchmarkRun
    options: BenchmarkOptions
    metrics: Metrics = field(default_factory=Metrics)

    def search_rasika(self, text: str) -> SearchResponse:
        """Answer as the route does."""
        return search.search(
            self.view,
            self.metrics,
            query=search.analyze(self.view, self.embedder, text),
            filter=Filter(),
            region=regions.DEFAULT_REGION,
            limit=RESULTS_PER_SEARCH,
            offset=0,
        )

    def suggest_rasika(self, text: str) -> list[Suggestion]:
        """Suggest as the route does."""
        region = regions.DEFAULT_REGION
        typed = SuggestionRequest(folded=fold(text), region=region)
        return self.view.suggester.suggest(
            typed, topics=region_topics(region, ()), limit=SUGGESTIONS_PER_REQUEST
        )

    def suggest_baseline(self, text: str) -> list[TitleSummary]:
        """Return the titles with a word that begins as typed, the best known first."""
        word = f" {fold(text)}"
        fitting = [
            listing
            for listing in self.view.titles.values()
            if any(f" {name}".find(word) >= 0 for name in (*listing.names, *listing.people))
        ]
        known = (ScopeKind.GLOBAL, "")
        return sorted(fitting, key=lambda each: -each.popularity.get(known, 0.0))[
            :SUGGESTIONS_PER_REQUEST
        ]

    def search_baseline(self, text: str) -> list[TitleId]:
        """Embed and scan."""
        vector = self.baseline_embedder.embed([text], role="query")[0]
        return self.baseline_scan.search(
            vector, search_boosts(regions.DEFAULT_REGION), RESULTS_PER_SEARCH
        )


def measure(settings: Settings, titles: int, effort: BenchmarkOptions) -> BenchmarkRun:
    """Measure at one size of catalogue."""
    rng = np.random.default_rng(1)
    embedder, plain = load_embedder(settings), load_embedder(settings)
    if embedder is None or plain is None:
        raise BenchmarkFailed(f"the embedder {settings.embedder} could not be loaded")
    centres = datasets.cluster_centres(embedder.model, rng)
    catalogue = datasets.build_catalogue(titles, centres, rng)
    watch = Stopwatch()
    run = BenchmarkRun(
        titles, f"{catalogue.description}; queries are openings of synopses", BASELINE
    )
    bench = SearchBenchmark(
        view=_build_view(catalogue, watch),
        embedder=TimedEmbedder(embedder, watch),
        baseline_embedder=plain,
        baseline_scan=NumpyBaseline(catalogue),
        stopwatch=watch,
        run=run,
        options=effort,
    )
    texts = datasets.shuffle_distinct([*datasets.seed_texts(), *catalogue.texts], rng)
    _measure_all(bench, texts, [listing.title for listing in catalogue.listings], rng)
    run.facts["peak_rss_mib"] = peak_mib()
    return run


def _build_view(catalogue: BenchmarkCatalogue, watch: Stopwatch) -> CatalogueView:
    """Return what a serving process holds, from no database."""
    live = CatalogueView(
        connect(UNUSED_DATABASE_URL), CatalogueReader({}, regions.LANGUAGE_WEIGHTS)
    )
    index, names = TimedIndex(catalogue.entries), TimedNames()
    index.stopwatch = names.stopwatch = watch
    held = zip(catalogue.listings, catalogue.entries, catalogue.plots, strict=True)
    for listing, entry, plot in held:
        names.update(listing.id, search_labels(listing, entry))
        live.plots.update(listing.id, plot)
        add_to_vocabulary(live.entity_dictionary, listing, entry)
        live.titles[listing.id] = listing
    names.compact()
    live.index, live.names = index, names
    live.suggester.update(zip(catalogue.listings, catalogue.entries, strict=True))
    return live


def _measure_all(
    bench: SearchBenchmark, texts: Sequence[str], names: Sequence[str], rng: np.random.Generator
) -> None:
    repeats = bench.options.repeats
    new, crowd = texts[: len(texts) // 2], texts[len(texts) // 2 :]
    pool = [f"{text}?" for text in texts[: bench.options.repeated_queries]]
    asked = datasets.zipf_sample(len(pool), repeats, rng)
    titles = [names[row] for row in datasets.sample_rows(len(names), repeats, rng)]
    _measure_case(bench, "new queries", lambda number: datasets.query_text(new, number))
    for form in PLOT_FORMS:
        plots = [
            asked.query
            for name in QUERY_CATALOGUES
            for asked in read_queries(name)
            if asked.form == form
        ]
        case = form.replace("_", "s, ")
        _measure_case(bench, case, partial(datasets.query_text, plots))
    for text in pool:
        bench.search_rasika(text), bench.search_baseline(text)
    _measure_case(bench, f"repeated, Zipf over {len(pool)}", lambda number: pool[asked[number]])
    _measure_case(bench, "names", lambda number: titles[number])
    _measure_suggestions(bench, rng)
    ours, theirs = time_concurrently(
        lambda number: bench.search_rasika(datasets.query_text(crowd, number)),
        lambda number: bench.search_baseline(datasets.query_text(crowd, number)),
        bench.options,
    )
    bench.run.add_pair(f"new queries, {bench.options.callers} threads", ours, theirs)


def _measure_suggestions(bench: SearchBenchmark, rng: np.random.Generator) -> None:
    """Measure one to twelve letters of names of titles and people, each in a region's order."""
    listings = list(bench.view.titles.values())
    names = [name for each in listings for name in (each.title, *each.people_names[:1])]
    chosen = datasets.sample_rows(len(names), bench.options.repeats, rng)
    typed = [_typed_prefix(names[row], rng) for row in chosen]
    pair = time_alternately(
        lambda number: bench.suggest_rasika(typed[number]),
        lambda number: bench.suggest_baseline(typed[number]),
        bench.options.repeats,
    )
    bench.run.add_pair("suggestions", *pair, bar_ms=SUGGEST_TARGET_MS)


def _typed_prefix(name: str, rng: np.random.Generator) -> str:
    """Return the first letters of a name, sometimes with a wrong one."""
    typed = name[: int(rng.integers(1, 13))]
    if len(typed) > 2 and rng.random() < TYPO_SHARE:
        place = int(rng.integers(1, len(typed)))
        typed = f"{typed[:place]}{rng.choice(list('aeiouhnrst'))}{typed[place + 1 :]}"
    return typed


def _measure_case(bench: SearchBenchmark, case: str, text: Callable[[int], str]) -> None:
    """Measure one caller; the phases of ours follow, what is left is fusion and the answer."""
    phases: dict[str, list[float]] = {phase: [] for phase in (*PHASES, "fusion and answer")}

    def ours(number: int) -> None:
        bench.stopwatch.seconds_by_phase.clear()
        began = time.perf_counter()
        bench.search_rasika(text(number))
        whole = time.perf_counter() - began
        if number >= 0:
            for phase in PHASES:
                phases[phase].append(bench.stopwatch.seconds_by_phase[phase])
            phases["fusion and answer"].append(
                whole - sum(bench.stopwatch.seconds_by_phase.values())
            )

    pair = time_alternately(
        ours, lambda number: bench.search_baseline(text(number)), bench.options.repeats
    )
    bench.run.add_pair(case, *pair, bar_ms=SEARCH_TARGET_MS)
    bench.run.rows += [
        Timings(seconds, len(seconds) / sum(seconds)).measurement(f"  of it {phase}", RASIKA)
        for phase, seconds in phases.items()
        if sum(seconds) > 0  # what is remembered has none
    ]
