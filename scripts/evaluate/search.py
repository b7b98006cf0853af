"""`rasika evaluate search`: how often the search box finds the right title.

The queries were written by hand, for the seed catalogue (`seed.jsonl`) and for the films of
`../shared/data/indian.jsonl.gz` (`indian.jsonl`; skipped without that file). Half of each form and
language, `tune`, may be looked at when the ranking changes; the other half, `check`, only measures
the outcome. No ranking code reads these files.
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
from scripts.evaluate.feed import load_view
from scripts.evaluate.queries import EvaluationQuery, read_queries
from scripts.evaluate.search_baselines import FUSED_DEPTH, TrigramIndex
from search import pipeline
from search.language.query_expansion import bundled_expander
from vocabulary.ids import TitleId

MAX_RANK = 10
RASIKA = "rasika"
BASELINES = ("trigrams", "embedder", "naive fusion")


@dataclass(frozen=True, slots=True)
class QueryRanks:
    """The rank of the first relevant title in each system, from 1; none beyond the tenth."""

    catalogue: str
    evaluation_query: EvaluationQuery
    ranks: dict[str, int | None]


@dataclass(frozen=True, slots=True)
class SearchMetrics:
    """Means over queries, 0..1 (MRR: Voorhees, The TREC-8 Question Answering Track)."""

    queries: int
    mrr: float
    success_1: float
    success_5: float
    success_10: float


Ranker = Callable[[str], Sequence[TitleId]]


def report(settings: Settings, file: Path | None) -> None:
    """Run every query on every available catalogue; print the metrics, and write the ranks."""
    results = [
        each
        for name, source in catalogues.available_catalogues()
        for each in _rank_queries(settings, name, source)
    ]
    _print_metrics(
        results,
        "by form and language",
        lambda each: (each.evaluation_query.form, each.evaluation_query.language),
    )
    _print_metrics(
        results,
        "by form and split",
        lambda each: (each.evaluation_query.form, each.evaluation_query.split),
    )
    if file is not None:
        file.write_text(
            json.dumps(list(map(_as_json, results)), indent=1, ensure_ascii=False) + "\n"
        )


def search_metrics(ranks: Sequence[int | None]) -> SearchMetrics:
    """Return the metrics of the ranks of relevant titles."""
    count = len(ranks)
    return SearchMetrics(
        count,
        sum(1 / rank for rank in ranks if rank) / count,
        *(sum(1 for rank in ranks if rank and rank <= k) / count for k in (1, 5, 10)),
    )


def _rank_queries(settings: Settings, name: str, records: Records) -> Iterator[QueryRanks]:
    with catalogues.open_catalogue(settings, name, records) as (resources, embedder):
        view = load_view(resources)
        rankers = _rankers(view, embedder)
        for query in read_queries(name):
            relevant = {
                summary.id
                for summary in view.titles.values()
                if (summary.title, summary.year) in query.relevant
            }
            ranks = {
                system: _first_relevant_rank(rank_titles(query.query), relevant)
                for system, rank_titles in rankers.items()
            }
            yield QueryRanks(name, query, ranks)


def _rankers(view: CatalogueView, embedder: Embedder) -> dict[str, Ranker]:
    names = TrigramIndex(view.titles.values())
    by_name = partial(names.search, k=FUSED_DEPTH)
    by_meaning = partial(search_baselines.search_by_vector, view.index, embedder, k=FUSED_DEPTH)
    return {
        RASIKA: partial(_rasika_ranking, view, embedder),
        BASELINES[0]: by_name,
        BASELINES[1]: by_meaning,
        BASELINES[2]: lambda text: search_baselines.fuse_rankings(
            [by_name(text), by_meaning(text)], k=MAX_RANK
        ),
    }


def _rasika_ranking(view: CatalogueView, embedder: Embedder, text: str) -> list[TitleId]:
    query = pipeline.analyze(view, bundled_expander(), partial(embedder.embed, role="query"), text)
    result = pipeline.retrieve(view, query, Filter(), DEFAULT_REGION, k=MAX_RANK)
    return [each.hit.title_id for each in result.hits]


def _first_relevant_rank(ranking: Sequence[TitleId], relevant: set[TitleId]) -> int | None:
    ranks = (rank for rank, title_id in enumerate(ranking[:MAX_RANK], 1) if title_id in relevant)
    return next(ranks, None)


def _print_metrics(
    results: Iterable[QueryRanks], title: str, group: Callable[[QueryRanks], tuple[str, str]]
) -> None:
    """Print our metrics, and the success of the baselines in the first five titles."""
    groups: dict[tuple[str, ...], list[QueryRanks]] = defaultdict(list)
    for each in results:
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


def _metrics_of(results: Sequence[QueryRanks], system: str) -> SearchMetrics:
    return search_metrics([each.ranks[system] for each in results])


def _as_json(ranks: QueryRanks) -> dict[str, Any]:
    fields = asdict(ranks)
    fields["evaluation_query"]["relevant"] = sorted(map(list, ranks.evaluation_query.relevant))
    return fields
