"""`rasika evaluate feed`: whether a feed finds what simulated people like in secret.

See `scripts.evaluate.simulated_viewers` for the people. From the same ten reactions everybody is recommended
titles by Rasika and by each baseline, over each catalogue and in each world; last, real people are
(`scripts.evaluate.ratings`).
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.progress import track
from rich.table import Table

from config.resources import Resources
from config.settings import Settings
from db.engine import open_session
from runtime.catalogue_view import CatalogueView
from scripts.cli.console import err, out
from scripts.evaluate import catalogues, ratings
from scripts.evaluate.feed_baselines import POPULARITY, FeedBaselines
from scripts.evaluate.rasika_feed import RasikaFeed
from scripts.evaluate.recommendation_metrics import RecommendationLists, RecommendationMetrics
from scripts.evaluate.simulated_viewers import (
    CONTENT_AND_METADATA_WORLD,
    WORLDS,
    EvaluationViewer,
    World,
    draw_viewers,
)
from scripts.evaluate.simulation_catalogue import SimulationCatalogue
from services import feed as served

DEFAULT_VIEWERS = 10_000
OTHER_WORLDS_SHARE = 0.2  # of the people in other worlds than the first: enough for a percent
DEFAULT_SEED = 1

MIN_HIT_RATE_RATIO = 3.0  # times that of popularity
MIN_COVERAGE = 0.6  # of the catalogue, over all feeds

RASIKA = "rasika"
COLUMNS = (
    "hit rate",
    "x pop.",
    "precision",
    "recall",
    "nDCG",
    "coverage",
    "Gini",
    "divers.",
    "novel.",
    "seren.",
    "own",
    "ms",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationCrowd:
    """People over a catalogue; `world` is none for real ones."""

    catalogue: str
    view: CatalogueView
    titles: SimulationCatalogue
    viewers: Iterable[EvaluationViewer]
    size: int
    world: World | None = None

    @property
    def description(self) -> str:
        """What they are, in words."""
        moved = "real ratings" if self.world is None else self.world.name
        return f"{self.catalogue}, {len(self.titles):,} titles; {self.size:,} people; {moved}"


def report(settings: Settings, *, viewer_count: int, seed: int, file: Path | None) -> None:
    """Recommend to everybody over every catalogue that is there; print, and write the figures."""
    written = []
    for each in _crowds(settings, viewer_count=viewer_count, seed=seed):
        judged = evaluate_crowd(each, seed=seed)
        _print_metrics(each.description, judged)
        if each.world is CONTENT_AND_METADATA_WORLD and viewer_count >= DEFAULT_VIEWERS:
            _print_targets(judged)
        written.append(
            {"about": each.description, **{name: asdict(judged[name]) for name in judged}}
        )
    if file is not None:
        file.write_text(json.dumps(written, indent=1) + "\n")


def evaluate_crowd(
    evaluated_crowd: EvaluationCrowd, *, seed: int
) -> dict[str, RecommendationMetrics]:
    """Return what came of Rasika and of each baseline, by name."""
    rivals = FeedBaselines(evaluated_crowd.titles, evaluated_crowd.view.index, seed)
    recommenders = {RASIKA: RasikaFeed(evaluated_crowd.view).recommend, **rivals.all()}
    lists = {
        name: RecommendationLists(evaluated_crowd.titles, recommend)
        for name, recommend in recommenders.items()
    }
    for person in track(
        evaluated_crowd.viewers,
        evaluated_crowd.description,
        evaluated_crowd.size,
        console=err,
        transient=True,
        disable=not err.is_terminal,
    ):
        for each in lists.values():
            each.recommend_to(person)
    return {name: each.compute_metrics() for name, each in lists.items()}


def simulated_crowd(
    view: CatalogueView, world: World, *, catalogue: str, people: int, seed: int
) -> EvaluationCrowd:
    """Return simulated people over what a process holds."""
    shelf = simulation_catalogue(view)
    return EvaluationCrowd(
        catalogue=catalogue,
        view=view,
        titles=shelf,
        viewers=draw_viewers(shelf, world, seed=seed, viewers=people),
        size=people,
        world=world,
    )


def simulation_catalogue(view: CatalogueView) -> SimulationCatalogue:
    """Return the titles that have vectors, as the simulator sees them."""
    listings = list(view.titles.values())
    vectors = served.content_vectors(view, [listing.id for listing in listings])
    rows = np.flatnonzero(vectors.any(axis=1))
    return SimulationCatalogue([listings[row] for row in rows.tolist()], vectors[rows])


def _crowds(settings: Settings, *, viewer_count: int, seed: int) -> Iterator[EvaluationCrowd]:
    for name, records in catalogues.available_catalogues():
        with catalogues.open_catalogue(settings, name, records) as (resources, _):
            live = _load_view(resources)
        for world in WORLDS:
            size = (
                viewer_count
                if world is CONTENT_AND_METADATA_WORLD
                else max(1, round(viewer_count * OTHER_WORLDS_SHARE))
            )
            yield simulated_crowd(live, world, catalogue=name, people=size, seed=seed)
    if ratings.is_available():
        with catalogues.open_catalogue(settings, "rated", ratings.rated_films()) as (resources, _):
            live = _load_view(resources)
            with open_session(resources.engine) as reading:
                real = ratings.rating_viewers(reading)
        yield EvaluationCrowd(
            catalogue="rated",
            view=live,
            titles=simulation_catalogue(live),
            viewers=real,
            size=len(real),
        )
    else:
        out.print("real ratings are skipped: they are not in ../shared/data")


def _load_view(resources: Resources) -> CatalogueView:
    """Return what a serving process holds of a catalogue."""
    live = CatalogueView(resources.engine, resources.loader())
    live.load()
    return live


def hit_rate_ratio(one: RecommendationMetrics, other: RecommendationMetrics) -> float:
    """Return how many times the other's hit rate somebody's is; nothing beside nothing is 1."""
    if not other.accuracy.hit_rate:
        return float("inf") if one.accuracy.hit_rate else 1.0
    return one.accuracy.hit_rate / other.accuracy.hit_rate


def _print_metrics(title: str, judged: Mapping[str, RecommendationMetrics]) -> None:
    table = Table("", *COLUMNS, box=None, title=title, title_justify="left")
    table.columns[0].no_wrap = True
    for column in table.columns[1:]:
        column.justify = "right"
    for name, each in judged.items():
        came = each.accuracy
        table.add_row(
            name,
            f"{came.hit_rate:.3f}",
            f"{hit_rate_ratio(each, judged[POPULARITY]):.2f}",
            *(f"{figure:.3f}" for figure in (came.precision, came.recall, came.ndcg)),
            *(f"{figure:.2f}" for figure in (each.coverage, each.concentration, each.diversity)),
            *(f"{figure:.2f}" for figure in (each.novelty, each.serendipity)),
            f"{each.personalisation:.2f}",
            f"{each.milliseconds:.1f}",
        )
    out.print(table)


def _print_targets(judged: Mapping[str, RecommendationMetrics]) -> None:
    """Tell whether the bars are met."""
    ours = judged[RASIKA]
    _print_target(
        "hit rate, times popularity's", hit_rate_ratio(ours, judged[POPULARITY]), MIN_HIT_RATE_RATIO
    )
    _print_target("coverage of the catalogue", ours.coverage, MIN_COVERAGE)


def _print_target(what: str, figure: float, bar: float) -> None:
    out.print(f"{what}: {figure:.2f}, {'met' if figure >= bar else 'MISSED'} (>= {bar:g})")
