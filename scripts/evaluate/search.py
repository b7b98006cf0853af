"""`rasika evaluate search`: whether the search box finds what was meant.

The queries were written by hand, over the seed catalogue (`seed.jsonl`) and over the films of
`../shared/data/indian.jsonl.gz` (`indian.jsonl`; skipped where that file is not there). Half of
each form and language, `tune`, may be looked at when the ranking is changed; the other half,
`check`, only tells how it came out. Nothing that ranks reads these files.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rich.table import Table

from catalog.regions import DEFAULT_REGION
from config.settings import Settings
from embeddings.embedder import Embedder
from index.query import Filter
from runtime.catalogue_view import CatalogueView
from scripts.cli.console import out
from scripts.evaluate import catalogues, search_baselines
from scripts.evaluate.catalogues import Records
from scripts.evaluate.queries import EvaluationQuery, read_queries
from scripts.evaluate.search_baselines import FUSED_DEPTH, TrigramIndex
from search import pipeline
from search.language.query_expansion import bundled_expander
from vocabulary.ids import TitleId

MAX_RANK = 10  # places that are looked at
RASIKA = "rasika"
BASELINES = ("trigrams", "embedder", "naive fusion")


@dataclass(frozen=True, slots=True)
class QueryRanks:
    """Where each system has the first right title, from 1; none past the tenth."""

    catalogue: str
    evaluation_query: EvaluationQuery
    ranks: dict[str, int | None]


@dataclass(frozen=True, slots=True)
class SearchMetrics:
    """Means over some queries, 0..1 (Voorhees, The TREC-8 Question Answering Track, for MRR)."""

    queries: int
    mrr: float
    success_1: float
    success_5: float
    success_10: float


Ranker = Callable[[str], Sequence[TitleId]]


def report(settings: Settings, file: Path | None) -> None:
    """Ask every query of every catalogue that is there; print, and write what came of each."""
    judged = [
        each
        for name, source in catalogues.available_catalogues()
        for each in _rank_queries(settings, name, source)
    ]
    _print_metrics(
        judged,
        "by form and language",
        lambda each: (each.evaluation_query.form, each.evaluation_query.language),
    )
    _print_metrics(
        judged,
        "by form and split",
        lambda each: (each.evaluation_query.form, each.evaluation_query.split),
    )
    if file is not None:
        file.write_text(
            json.dumps(list(map(_as_json, judged)), indent=1, ensure_ascii=False) + "\n"
        )


def search_metrics(places: Sequence[int | None]) -> SearchMetrics:
    """Return the figures of the places of right titles."""
    count = len(places)
    return SearchMetrics(
        count,
        sum(1 / place for place in places if place) / count,
        *(sum(1 for place in places if place and place <= k) / count for k in (1, 5, 10)),
    )


def _rank_queries(settings: Settings, name: str, records: Records) -> Iterator[QueryRanks]:
    with catalogues.open_catalogue(settings, name, records) as (resources, embedder):
        live = CatalogueView(resources.engine, resources.loader())
        live.load()
        systems = _rankers(live, embedder)
        for asked in read_queries(name):
            right = {
                listing.id
                for listing in live.titles.values()
                if (listing.title, listing.year) in asked.right
            }
            places = {
                system: _first_relevant_rank(ranked(asked.query), right)
                for system, ranked in systems.items()
            }
            yield QueryRanks(name, asked, places)


def _rankers(live: CatalogueView, embedder: Embedder) -> dict[str, Ranker]:
    names = TrigramIndex(live.titles.values())
    by_name = partial(names.search, k=FUSED_DEPTH)
    by_meaning = partial(search_baselines.search_by_vector, live.index, embedder, k=FUSED_DEPTH)
    return {
        RASIKA: partial(_rasika_ranking, live, embedder),
        BASELINES[0]: by_name,
        BASELINES[1]: by_meaning,
        BASELINES[2]: lambda text: search_baselines.fuse_rankings(
            [by_name(text), by_meaning(text)], k=MAX_RANK
        ),
    }


def _rasika_ranking(live: CatalogueView, embedder: Embedder, text: str) -> list[TitleId]:
    asked = pipeline.analyze(live, bundled_expander(), partial(embedder.embed, role="query"), text)
    answer = pipeline.retrieve(live, asked, Filter(), DEFAULT_REGION, k=MAX_RANK)
    return [found.hit.title_id for found in answer.hits]


def _first_relevant_rank(ranked: Sequence[TitleId], right: set[TitleId]) -> int | None:
    places = (place for place, title_id in enumerate(ranked[:MAX_RANK], 1) if title_id in right)
    return next(places, None)


def _print_metrics(
    judged: Iterable[QueryRanks], title: str, group: Callable[[QueryRanks], tuple[str, str]]
) -> None:
    """Print a table: our figures, and the baselines' success among the first five."""
    groups: dict[tuple[str, ...], list[QueryRanks]] = defaultdict(list)
    for each in judged:
        groups[each.catalogue, *group(each)].append(each)
        groups[each.catalogue, group(each)[0], "all"].append(each)
    table = Table("catalogue", "form", "", "queries", "MRR@10", "s@1", "s@5", "s@10", box=None)
    table.title = title
    for name in BASELINES:
        table.add_column(f"{name} s@5")
    for key in sorted(groups):
        ours = _metrics_of(groups[key], RASIKA)
        table.add_row(
            *key,
            str(ours.queries),
            *(f"{figure:.2f}" for figure in (ours.mrr, ours.success_1)),
            f"[bold]{ours.success_5:.2f}[/]",
            f"{ours.success_10:.2f}",
            *(f"{_metrics_of(groups[key], name).success_5:.2f}" for name in BASELINES),
        )
    out.print(table)


def _metrics_of(judged: Sequence[QueryRanks], system: str) -> SearchMetrics:
    return search_metrics([each.ranks[system] for each in judged])


def _as_json(judged: QueryRanks) -> dict[str, Any]:
    plain = asdict(judged)
    plain["evaluation_query"]["right"] = sorted(map(list, judged.evaluation_query.right))
    return plain
