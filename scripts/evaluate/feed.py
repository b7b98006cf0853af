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
from runtime.catalogue_view import Live
from scripts.bench.measurements import out
from scripts.cli.titles import err
from scripts.evaluate import catalogues, ratings
from scripts.evaluate.feed_baselines import POPULARITY, Rivals
from scripts.evaluate.rasika_feed import Ours
from scripts.evaluate.recommendation_metrics import Figures, Lists
from scripts.evaluate.simulated_viewers import WHOLE, WORLDS, Person, World, crowd
from scripts.evaluate.simulation_catalogue import Shelf
from services import feed as served

PEOPLE = 10_000
OTHERS_SHARE = 0.2  # of the people in other worlds than the first: enough for a percent
SEED = 1

HIT_RATE_BAR = 3.0  # times that of popularity
COVERAGE_BAR = 0.6  # of the catalogue, over all feeds

OURS = "rasika"
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
class Crowd:
    """People over a catalogue; `world` is none for real ones."""

    catalogue: str
    live: Live
    shelf: Shelf
    people: Iterable[Person]
    size: int
    world: World | None = None

    @property
    def about(self) -> str:
        """What they are, in words."""
        moved = "real ratings" if self.world is None else self.world.name
        return f"{self.catalogue}, {len(self.shelf):,} titles; {self.size:,} people; {moved}"


def report(settings: Settings, *, people: int, seed: int, file: Path | None) -> None:
    """Recommend to everybody over every catalogue that is there; print, and write the figures."""
    written = []
    for each in _crowds(settings, people=people, seed=seed):
        judged = judge(each, seed=seed)
        _show(each.about, judged)
        if each.world is WHOLE and people >= PEOPLE:
            _hold(judged)
        written.append({"about": each.about, **{name: asdict(judged[name]) for name in judged}})
    if file is not None:
        file.write_text(json.dumps(written, indent=1) + "\n")


def judge(asked: Crowd, *, seed: int) -> dict[str, Figures]:
    """Return what came of Rasika and of each baseline, by name."""
    rivals = Rivals(asked.shelf, asked.live.index, seed)
    recommenders = {OURS: Ours(asked.live).feed, **rivals.all()}
    lists = {name: Lists(asked.shelf, recommend) for name, recommend in recommenders.items()}
    for person in track(
        asked.people,
        asked.about,
        asked.size,
        console=err,
        transient=True,
        disable=not err.is_terminal,
    ):
        for each in lists.values():
            each.ask(person)
    return {name: each.figures() for name, each in lists.items()}


def simulated(live: Live, world: World, *, catalogue: str, people: int, seed: int) -> Crowd:
    """Return simulated people over what a process holds."""
    shelf = shelf_of(live)
    return Crowd(
        catalogue=catalogue,
        live=live,
        shelf=shelf,
        people=crowd(shelf, world, seed=seed, people=people),
        size=people,
        world=world,
    )


def shelf_of(live: Live) -> Shelf:
    """Return the titles that have vectors, as the simulator sees them."""
    listings = list(live.listings.values())
    vectors = served.content_vectors(live, [listing.id for listing in listings])
    rows = np.flatnonzero(vectors.any(axis=1))
    return Shelf([listings[row] for row in rows.tolist()], vectors[rows])


def _crowds(settings: Settings, *, people: int, seed: int) -> Iterator[Crowd]:
    for name, records in catalogues.there():
        with catalogues.filled(settings, name, records) as (resources, _):
            live = _live(resources)
        for world in WORLDS:
            size = people if world is WHOLE else max(1, round(people * OTHERS_SHARE))
            yield simulated(live, world, catalogue=name, people=size, seed=seed)
    if ratings.there():
        with catalogues.filled(settings, "rated", ratings.films()) as (resources, _):
            live = _live(resources)
            with open_session(resources.engine) as reading:
                real = ratings.people(reading)
        yield Crowd(catalogue="rated", live=live, shelf=shelf_of(live), people=real, size=len(real))
    else:
        out.print("real ratings are skipped: they are not in ../shared/data")


def _live(resources: Resources) -> Live:
    """Return what a serving process holds of a catalogue."""
    live = Live(resources.engine, resources.loader())
    live.load()
    return live


def times(one: Figures, other: Figures) -> float:
    """Return how many times the other's hit rate somebody's is; nothing beside nothing is 1."""
    if not other.accuracy.hit_rate:
        return float("inf") if one.accuracy.hit_rate else 1.0
    return one.accuracy.hit_rate / other.accuracy.hit_rate


def _show(title: str, judged: Mapping[str, Figures]) -> None:
    table = Table("", *COLUMNS, box=None, title=title, title_justify="left")
    table.columns[0].no_wrap = True
    for column in table.columns[1:]:
        column.justify = "right"
    for name, each in judged.items():
        came = each.accuracy
        table.add_row(
            name,
            f"{came.hit_rate:.3f}",
            f"{times(each, judged[POPULARITY]):.2f}",
            *(f"{figure:.3f}" for figure in (came.precision, came.recall, came.ndcg)),
            *(f"{figure:.2f}" for figure in (each.coverage, each.concentration, each.diversity)),
            *(f"{figure:.2f}" for figure in (each.novelty, each.serendipity)),
            f"{each.personalisation:.2f}",
            f"{each.milliseconds:.1f}",
        )
    out.print(table)


def _hold(judged: Mapping[str, Figures]) -> None:
    """Tell whether the bars are met."""
    ours = judged[OURS]
    _verdict("hit rate, times popularity's", times(ours, judged[POPULARITY]), HIT_RATE_BAR)
    _verdict("coverage of the catalogue", ours.coverage, COVERAGE_BAR)


def _verdict(what: str, figure: float, bar: float) -> None:
    out.print(f"{what}: {figure:.2f}, {'met' if figure >= bar else 'MISSED'} (>= {bar:g})")
