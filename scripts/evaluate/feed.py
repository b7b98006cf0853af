"""`rasika evaluate feed`: how often a feed finds the hidden likes of simulated viewers.

`scripts.evaluate.simulated_viewers` describes the viewers. From the same ten reactions Rasika and
each baseline recommend titles, over each catalogue and in each world; then the same for real
viewers (`scripts.evaluate.ratings`).
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
from runtime.catalogue_reader import create_catalogue_reader
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
from services.title_attributes import content_vectors

TARGET_MIN_VIEWERS = 10_000
OTHER_WORLDS_SHARE = 0.2  # of the viewers, in the worlds after the first: precise to a percent

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
    """Viewers of a catalogue; `world` is none for real ones."""

    catalogue: str
    view: CatalogueView
    titles: SimulationCatalogue
    viewers: Iterable[EvaluationViewer]
    size: int
    world: World | None = None

    @property
    def description(self) -> str:
        """The catalogue, the number of viewers and their world."""
        world = "real ratings" if self.world is None else self.world.name
        return f"{self.catalogue}, {len(self.titles):,} titles; {self.size:,} people; {world}"


def report(settings: Settings, *, viewer_count: int, seed: int, file: Path | None) -> None:
    """Evaluate every available catalogue; print the metrics, and write them to a file."""
    runs = []
    for crowd in _crowds(settings, viewer_count=viewer_count, seed=seed):
        results = evaluate_crowd(crowd, seed=seed)
        _print_metrics(crowd.description, results)
        if crowd.world is CONTENT_AND_METADATA_WORLD and viewer_count >= TARGET_MIN_VIEWERS:
            _print_targets(results)
        metrics = {name: asdict(result) for name, result in results.items()}
        runs.append({"about": crowd.description, **metrics})
    if file is not None:
        file.write_text(json.dumps(runs, indent=1) + "\n")


def evaluate_crowd(crowd: EvaluationCrowd, *, seed: int) -> dict[str, RecommendationMetrics]:
    """Return the metrics of Rasika and of each baseline, by name."""
    baselines = FeedBaselines(crowd.titles, crowd.view.index, seed)
    recommenders = {RASIKA: RasikaFeed(crowd.view).recommend, **baselines.all()}
    lists = {
        name: RecommendationLists(crowd.titles, recommend)
        for name, recommend in recommenders.items()
    }
    hidden = not err.is_terminal
    for viewer in track(
        crowd.viewers, crowd.description, crowd.size, console=err, transient=True, disable=hidden
    ):
        for each in lists.values():
            each.recommend_to(viewer)
    return {name: each.compute_metrics() for name, each in lists.items()}


def simulated_crowd(
    view: CatalogueView, world: World, *, catalogue: str, viewer_count: int, seed: int
) -> EvaluationCrowd:
    """Return simulated viewers of a catalogue in memory."""
    titles = simulation_catalogue(view)
    return EvaluationCrowd(
        catalogue=catalogue,
        view=view,
        titles=titles,
        viewers=draw_viewers(titles, world, seed=seed, viewers=viewer_count),
        size=viewer_count,
        world=world,
    )


def simulation_catalogue(view: CatalogueView) -> SimulationCatalogue:
    """Return the titles that have vectors."""
    summaries = list(view.titles.values())
    vectors = content_vectors(view, [summary.id for summary in summaries])
    rows = np.flatnonzero(vectors.any(axis=1))
    return SimulationCatalogue([summaries[row] for row in rows.tolist()], vectors[rows])


def hit_rate_ratio(metrics: RecommendationMetrics, other: RecommendationMetrics) -> float:
    """Return a hit rate divided by another; 1 if both are 0."""
    if not other.accuracy.hit_rate:
        return float("inf") if metrics.accuracy.hit_rate else 1.0
    return metrics.accuracy.hit_rate / other.accuracy.hit_rate


def _crowds(settings: Settings, *, viewer_count: int, seed: int) -> Iterator[EvaluationCrowd]:
    for name, records in catalogues.available_catalogues():
        with catalogues.open_catalogue(settings, name, records) as (resources, _):
            view = load_view(resources)
        for world in WORLDS:
            share = 1.0 if world is CONTENT_AND_METADATA_WORLD else OTHER_WORLDS_SHARE
            size = max(1, round(viewer_count * share))
            yield simulated_crowd(view, world, catalogue=name, viewer_count=size, seed=seed)
    if not ratings.is_available():
        out.print("skipped: real ratings (there are none in ../shared/data)")
        return
    with catalogues.open_catalogue(settings, "rated", ratings.rated_films()) as (resources, _):
        view = load_view(resources)
        with open_session(resources.engine) as reading:
            viewers = ratings.rating_viewers(reading)
    yield EvaluationCrowd(
        catalogue="rated",
        view=view,
        titles=simulation_catalogue(view),
        viewers=viewers,
        size=len(viewers),
    )


def load_view(resources: Resources) -> CatalogueView:
    """Return a catalogue as a serving process has it in memory."""
    view = CatalogueView(resources.engine, create_catalogue_reader(resources))
    view.load()
    return view


def _print_metrics(title: str, results: Mapping[str, RecommendationMetrics]) -> None:
    table = Table("", *COLUMNS, box=None, title=title, title_justify="left")
    table.columns[0].no_wrap = True
    for column in table.columns[1:]:
        column.justify = "right"
    for name, metrics in results.items():
        accuracy = metrics.accuracy
        table.add_row(
            name,
            f"{accuracy.hit_rate:.3f}",
            f"{hit_rate_ratio(metrics, results[POPULARITY]):.2f}",
            *(f"{each:.3f}" for each in (accuracy.precision, accuracy.recall, accuracy.ndcg)),
            *(f"{each:.2f}" for each in (metrics.coverage, metrics.concentration)),
            *(f"{each:.2f}" for each in (metrics.diversity, metrics.novelty, metrics.serendipity)),
            f"{metrics.personalisation:.2f}",
            f"{metrics.milliseconds:.1f}",
        )
    out.print(table)


def _print_targets(results: Mapping[str, RecommendationMetrics]) -> None:
    ratio = hit_rate_ratio(results[RASIKA], results[POPULARITY])
    for name, figure, minimum in (
        ("hit rate, times that of popularity", ratio, MIN_HIT_RATE_RATIO),
        ("coverage of the catalogue", results[RASIKA].coverage, MIN_COVERAGE),
    ):
        verdict = "met" if figure >= minimum else "MISSED"
        out.print(f"{name}: {figure:.2f}, {verdict} (>= {minimum:g})")
