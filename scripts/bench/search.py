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
from db.title_summaries import TitleSummary
from embeddings.embedder import Embedder, Matrix, TextRole
from index.memory import MemoryIndex
from index.query import Filter, Hit, Query, TitleId
from runtime.catalogue_reader import CatalogueReader
from runtime.catalogue_view import Live, introduce, labels
from scripts.bench import datasets
from scripts.bench.datasets import Catalogue
from scripts.bench.measurements import (
    OURS,
    Effort,
    Failed,
    Run,
    Taken,
    alternated,
    peak_mib,
    together,
)
from scripts.bench.numpy_baseline import Scan
from scripts.evaluate.queries import queries
from search.fusion import search_boosts
from search.names.lexical import LexicalIndex, NameMatch
from search.suggestions.suggester import Suggestion, SuggestionRequest
from services import search
from services.suggestion_topics import region_topics
from vocabulary.kinds import ScopeKind
from vocabulary.name_folding import fold

BASELINE = (
    "the embedder with its cache, then a NumPy scan of all rows; no names, no answer made. "
    "Of suggestions: a scan of all names for words that begin as typed, no letter forgiven"
)
NOWHERE = "postgresql+psycopg://nobody@/nothing"  # never connected to
LIMIT = 20  # titles in an answer
SUGGESTED = 8  # suggestions in an answer
SUGGEST_BAR_MS = 10.0
SEARCH_BAR_MS = 40.0
CATALOGUES = ("seed", "indian")  # that queries were written over
PLOTS = ("plot_native", "plot_romanised")
MISTYPED = 0.3  # share of what is typed that has a wrong letter
PHASES = ("embed", "names", "index")


class Stopwatch:
    """Adds up, per phase, the time of the calls of one answer."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)

    def add(self, phase: str, began: float) -> None:
        """Count the time since a moment."""
        self.spent[phase] += time.perf_counter() - began


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

    watch: Stopwatch

    def search(self, query: Query) -> list[Hit]:
        """Return the best `query.k` titles that match."""
        began = time.perf_counter()
        hits = super().search(query)
        self.watch.add("index", began)
        return hits


class TimedNames(LexicalIndex):
    """Names under a stopwatch."""

    watch: Stopwatch

    def match(self, text: str, *, limit: int = 50) -> list[NameMatch]:
        """Return the titles that a folded text may name, the likeliest first."""
        began = time.perf_counter()
        found = super().match(text, limit=limit)
        self.watch.add("names", began)
        return found


@dataclass(frozen=True, slots=True)
class Bench:
    """Two ways to answer a text, and where the figures go."""

    live: Live
    embedder: TimedEmbedder
    plain: Embedder  # with a cache of its own, for the baseline
    scan: Scan
    watch: Stopwatch
    run: Run
    effort: Effort
    metrics: Metrics = field(default_factory=Metrics)

    def ours(self, text: str) -> SearchResponse:
        """Answer as the route does."""
        return search.search(
            self.live,
            self.metrics,
            query=search.analyze(self.live, self.embedder, text),
            filter=Filter(),
            region=regions.DEFAULT_REGION,
            limit=LIMIT,
            offset=0,
        )

    def suggested(self, text: str) -> list[Suggestion]:
        """Suggest as the route does."""
        region = regions.DEFAULT_REGION
        typed = SuggestionRequest(folded=fold(text), region=region)
        return self.live.suggester.suggest(typed, topics=region_topics(region, ()), limit=SUGGESTED)

    def scanned(self, text: str) -> list[TitleSummary]:
        """Return the titles with a word that begins as typed, the best known first."""
        word = f" {fold(text)}"
        fitting = [
            listing
            for listing in self.live.listings.values()
            if any(f" {name}".find(word) >= 0 for name in (*listing.names, *listing.people))
        ]
        known = (ScopeKind.GLOBAL, "")
        return sorted(fitting, key=lambda each: -each.popularity.get(known, 0.0))[:SUGGESTED]

    def theirs(self, text: str) -> list[TitleId]:
        """Embed and scan."""
        vector = self.plain.embed([text], role="query")[0]
        return self.scan.search(vector, search_boosts(regions.DEFAULT_REGION), LIMIT)


def measure(settings: Settings, titles: int, effort: Effort) -> Run:
    """Measure at one size of catalogue."""
    rng = np.random.default_rng(1)
    embedder, plain = load_embedder(settings), load_embedder(settings)
    if embedder is None or plain is None:
        raise Failed(f"the embedder {settings.embedder} could not be loaded")
    centres = datasets.cluster_centres(embedder.model, rng)
    catalogue = datasets.in_memory(titles, centres, rng)
    watch = Stopwatch()
    run = Run(titles, f"{catalogue.about}; queries are openings of synopses", BASELINE)
    bench = Bench(
        live=_live(catalogue, watch),
        embedder=TimedEmbedder(embedder, watch),
        plain=plain,
        scan=Scan(catalogue),
        watch=watch,
        run=run,
        effort=effort,
    )
    texts = datasets.shuffled([*datasets.seed_texts(), *catalogue.texts], rng)
    _measure_all(bench, texts, [listing.title for listing in catalogue.listings], rng)
    run.facts["peak_rss_mib"] = peak_mib()
    return run


def _live(catalogue: Catalogue, watch: Stopwatch) -> Live:
    """Return what a serving process holds, from no database."""
    live = Live(connect(NOWHERE), CatalogueReader({}, regions.LANGUAGE_WEIGHTS))
    index, names = TimedIndex(catalogue.entries), TimedNames()
    index.watch = names.watch = watch
    held = zip(catalogue.listings, catalogue.entries, catalogue.plots, strict=True)
    for listing, entry, plot in held:
        names.update(listing.id, labels(listing, entry))
        live.plots.update(listing.id, plot)
        introduce(live.entity_dictionary, listing, entry)
        live.listings[listing.id] = listing
    names.compact()
    live.index, live.names = index, names
    live.suggester.update(zip(catalogue.listings, catalogue.entries, strict=True))
    return live


def _measure_all(
    bench: Bench, texts: Sequence[str], names: Sequence[str], rng: np.random.Generator
) -> None:
    repeats = bench.effort.repeats
    new, crowd = texts[: len(texts) // 2], texts[len(texts) // 2 :]
    pool = [f"{text}?" for text in texts[: bench.effort.pool]]
    asked = datasets.zipf(len(pool), repeats, rng)
    titles = [names[row] for row in datasets.sample(len(names), repeats, rng)]
    _measure_one(bench, "new queries", lambda number: datasets.query(new, number))
    for form in PLOTS:
        plots = [
            asked.query for name in CATALOGUES for asked in queries(name) if asked.form == form
        ]
        case = form.replace("_", "s, ")
        _measure_one(bench, case, partial(datasets.query, plots))
    for text in pool:
        bench.ours(text), bench.theirs(text)
    _measure_one(bench, f"repeated, Zipf over {len(pool)}", lambda number: pool[asked[number]])
    _measure_one(bench, "names", lambda number: titles[number])
    _measure_suggestions(bench, rng)
    ours, theirs = together(
        lambda number: bench.ours(datasets.query(crowd, number)),
        lambda number: bench.theirs(datasets.query(crowd, number)),
        bench.effort,
    )
    bench.run.pair(f"new queries, {bench.effort.callers} threads", ours, theirs)


def _measure_suggestions(bench: Bench, rng: np.random.Generator) -> None:
    """Measure one to twelve letters of names of titles and people, each in a region's order."""
    listings = list(bench.live.listings.values())
    names = [name for each in listings for name in (each.title, *each.people_names[:1])]
    chosen = datasets.sample(len(names), bench.effort.repeats, rng)
    typed = [_beginning(names[row], rng) for row in chosen]
    pair = alternated(
        lambda number: bench.suggested(typed[number]),
        lambda number: bench.scanned(typed[number]),
        bench.effort.repeats,
    )
    bench.run.pair("suggestions", *pair, bar_ms=SUGGEST_BAR_MS)


def _beginning(name: str, rng: np.random.Generator) -> str:
    """Return the first letters of a name, sometimes with a wrong one."""
    typed = name[: int(rng.integers(1, 13))]
    if len(typed) > 2 and rng.random() < MISTYPED:
        place = int(rng.integers(1, len(typed)))
        typed = f"{typed[:place]}{rng.choice(list('aeiouhnrst'))}{typed[place + 1 :]}"
    return typed


def _measure_one(bench: Bench, case: str, text: Callable[[int], str]) -> None:
    """Measure one caller; the phases of ours follow, what is left is fusion and the answer."""
    phases: dict[str, list[float]] = {phase: [] for phase in (*PHASES, "fusion and answer")}

    def ours(number: int) -> None:
        bench.watch.spent.clear()
        began = time.perf_counter()
        bench.ours(text(number))
        whole = time.perf_counter() - began
        if number >= 0:
            for phase in PHASES:
                phases[phase].append(bench.watch.spent[phase])
            phases["fusion and answer"].append(whole - sum(bench.watch.spent.values()))

    pair = alternated(ours, lambda number: bench.theirs(text(number)), bench.effort.repeats)
    bench.run.pair(case, *pair, bar_ms=SEARCH_BAR_MS)
    bench.run.rows += [
        Taken(seconds, len(seconds) / sum(seconds)).row(f"  of it {phase}", OURS)
        for phase, seconds in phases.items()
        if sum(seconds) > 0  # what is remembered has none
    ]
