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
from index.query import Filter, TitleId
from runtime.catalogue_view import Live
from scripts.bench.measurements import out
from scripts.evaluate import catalogues, search_baselines
from scripts.evaluate.catalogues import Records
from scripts.evaluate.queries import Asked, queries
from scripts.evaluate.search_baselines import DEPTH, Trigrams
from search import pipeline
from search.language.query_expansion import bundled_expander

DEEPEST = 10  # places that are looked at
OURS = "rasika"
BASELINES = ("trigrams", "embedder", "naive fusion")


@dataclass(frozen=True, slots=True)
class Judged:
    """Where each system has the first right title, from 1; none past the tenth."""

    catalogue: str
    asked: Asked
    places: dict[str, int | None]


@dataclass(frozen=True, slots=True)
class Figures:
    """Means over some queries, 0..1 (Voorhees, The TREC-8 Question Answering Track, for MRR)."""

    queries: int
    mrr: float
    success_1: float
    success_5: float
    success_10: float


Ranked = Callable[[str], Sequence[TitleId]]


def report(settings: Settings, file: Path | None) -> None:
    """Ask every query of every catalogue that is there; print, and write what came of each."""
    judged = [
        each for name, source in catalogues.there() for each in _judge(settings, name, source)
    ]
    _show(judged, "by form and language", lambda each: (each.asked.form, each.asked.language))
    _show(judged, "by form and split", lambda each: (each.asked.form, each.asked.split))
    if file is not None:
        file.write_text(json.dumps(list(map(_plain, judged)), indent=1, ensure_ascii=False) + "\n")


def figures(places: Sequence[int | None]) -> Figures:
    """Return the figures of the places of right titles."""
    count = len(places)
    return Figures(
        count,
        sum(1 / place for place in places if place) / count,
        *(sum(1 for place in places if place and place <= k) / count for k in (1, 5, 10)),
    )


def _judge(settings: Settings, name: str, records: Records) -> Iterator[Judged]:
    with catalogues.filled(settings, name, records) as (resources, embedder):
        live = Live(resources.engine, resources.loader())
        live.load()
        systems = _systems(live, embedder)
        for asked in queries(name):
            right = {
                listing.id
                for listing in live.listings.values()
                if (listing.title, listing.year) in asked.right
            }
            places = {
                system: _place(ranked(asked.query), right) for system, ranked in systems.items()
            }
            yield Judged(name, asked, places)


def _systems(live: Live, embedder: Embedder) -> dict[str, Ranked]:
    names = Trigrams(live.listings.values())
    by_name = partial(names.ranked, k=DEPTH)
    by_meaning = partial(search_baselines.by_meaning, live.index, embedder, k=DEPTH)
    return {
        OURS: partial(_ours, live, embedder),
        BASELINES[0]: by_name,
        BASELINES[1]: by_meaning,
        BASELINES[2]: lambda text: search_baselines.fused(
            [by_name(text), by_meaning(text)], k=DEEPEST
        ),
    }


def _ours(live: Live, embedder: Embedder, text: str) -> list[TitleId]:
    asked = pipeline.analyze(live, bundled_expander(), partial(embedder.embed, role="query"), text)
    answer = pipeline.retrieve(live, asked, Filter(), DEFAULT_REGION, k=DEEPEST)
    return [found.hit.title_id for found in answer.hits]


def _place(ranked: Sequence[TitleId], right: set[TitleId]) -> int | None:
    places = (place for place, title_id in enumerate(ranked[:DEEPEST], 1) if title_id in right)
    return next(places, None)


def _show(judged: Iterable[Judged], title: str, group: Callable[[Judged], tuple[str, str]]) -> None:
    """Print a table: our figures, and the baselines' success among the first five."""
    groups: dict[tuple[str, ...], list[Judged]] = defaultdict(list)
    for each in judged:
        groups[each.catalogue, *group(each)].append(each)
        groups[each.catalogue, group(each)[0], "all"].append(each)
    table = Table("catalogue", "form", "", "queries", "MRR@10", "s@1", "s@5", "s@10", box=None)
    table.title = title
    for name in BASELINES:
        table.add_column(f"{name} s@5")
    for key in sorted(groups):
        ours = _figures(groups[key], OURS)
        table.add_row(
            *key,
            str(ours.queries),
            *(f"{figure:.2f}" for figure in (ours.mrr, ours.success_1)),
            f"[bold]{ours.success_5:.2f}[/]",
            f"{ours.success_10:.2f}",
            *(f"{_figures(groups[key], name).success_5:.2f}" for name in BASELINES),
        )
    out.print(table)


def _figures(judged: Sequence[Judged], system: str) -> Figures:
    return figures([each.places[system] for each in judged])


def _plain(judged: Judged) -> dict[str, Any]:
    plain = asdict(judged)
    plain["asked"]["right"] = sorted(map(list, judged.asked.right))
    return plain
