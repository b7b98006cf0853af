"""`rasika evaluate feed`: whether a feed finds what simulated people like in secret.

See `scripts.evaluate.people` for the people. From the same ten reactions everybody is recommended
titles by Rasika and by each baseline, over each catalogue and in each world.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.progress import track
from rich.table import Table

from api import feed as served
from scripts.bench.tables import out
from scripts.catalogue import err
from scripts.evaluate import catalogues
from scripts.evaluate.accuracy import Accuracy, Counts, Hits, accuracy
from scripts.evaluate.ours import Ours
from scripts.evaluate.people import WORLDS, Person, World, crowd
from scripts.evaluate.rivals import POPULARITY, Recommender, Rivals
from scripts.evaluate.shelf import Shelf
from wiring.live import Live
from wiring.resources import Resources
from wiring.settings import Settings

PEOPLE = 10_000
LENGTH = 20  # titles in a feed
SEED = 1

HIT_RATE_BAR = 3.0  # times that of popularity
COVERAGE_BAR = 0.6  # of the catalogue, over all feeds

OURS = "rasika"


@dataclass(frozen=True, slots=True)
class Judged:
    """How the lists of a recommender came out."""

    accuracy: Accuracy
    coverage: float  # share of the catalogue in all of them
    milliseconds: float  # a list


class Lists:
    """What a recommender told everybody; rows of the shelf, -1 where a list ends early."""

    def __init__(self, people: int) -> None:
        self.rows = np.full((people, LENGTH), -1, np.int64)
        self.hits: Hits = np.zeros((people, LENGTH), np.bool_)
        self.seconds = 0.0

    def ask(self, recommend: Recommender, person: Person, shelf: Shelf) -> None:
        """Have a person recommended to."""
        began = time.perf_counter()
        told = recommend(person.guest, LENGTH)
        self.seconds += time.perf_counter() - began
        number = person.guest.number
        self.rows[number, : len(told)] = [shelf.row_of[title_id] for title_id in told]
        self.hits[number, : len(told)] = [title_id in person.hidden for title_id in told]


def report(settings: Settings, *, people: int, seed: int, file: Path | None) -> None:
    """Recommend to everybody over every catalogue that is there; print, and write the figures."""
    written = []
    for name, source in catalogues.there():
        with catalogues.filled(settings, name, source) as (resources, _):
            live = read(resources)
        shelf = shelf_of(live)
        for world in WORLDS:
            judged = judge(live, shelf, world, people=people, seed=seed)
            _show(f"{name}, {len(shelf):,} titles; {people:,} people; {world.name}", judged)
            about = {"catalogue": name, "titles": len(shelf), "world": world.name, "people": people}
            written.append({**about, **{each: asdict(came) for each, came in judged.items()}})
    if file is not None:
        file.write_text(json.dumps(written, indent=1) + "\n")


def read(resources: Resources) -> Live:
    """Return what a serving process holds of a catalogue."""
    live = Live(resources.engine, resources.loader())
    live.load()
    return live


def shelf_of(live: Live) -> Shelf:
    """Return the titles that have vectors, as the simulator sees them."""
    listings = list(live.listings.values())
    vectors = served.vectors(live, [listing.id for listing in listings])
    rows = np.flatnonzero(vectors.any(axis=1))
    return Shelf([listings[row] for row in rows.tolist()], vectors[rows])


def judge(live: Live, shelf: Shelf, world: World, *, people: int, seed: int) -> dict[str, Judged]:
    """Return what came of Rasika and of each baseline, by name."""
    recommenders = {OURS: Ours(live).feed, **Rivals(shelf, live.index, seed).all()}
    lists = {name: Lists(people) for name in recommenders}
    hidden = np.zeros(people, np.int64)
    simulated = crowd(shelf, world, seed=seed, people=people)
    for person in track(
        simulated, world.name, people, console=err, transient=True, disable=not err.is_terminal
    ):
        hidden[person.guest.number] = len(person.hidden)
        for name, recommend in recommenders.items():
            lists[name].ask(recommend, person, shelf)
    return {name: _judged(shelf, each, hidden) for name, each in lists.items()}


def _judged(shelf: Shelf, lists: Lists, hidden: Counts) -> Judged:
    return Judged(
        accuracy=accuracy(lists.hits, hidden),
        coverage=len(np.unique(lists.rows[lists.rows >= 0])) / len(shelf),
        milliseconds=1000 * lists.seconds / len(hidden),
    )


def _show(title: str, judged: Mapping[str, Judged]) -> None:
    """Print a table, and whether the bars are met."""
    table = Table("", box=None, title=title, title_justify="left")
    for column in ("hit rate", "x popularity", "precision", "recall", "nDCG", "coverage", "ms"):
        table.add_column(column, justify="right")
    for name, each in judged.items():
        came = each.accuracy
        table.add_row(
            name,
            f"{came.hit_rate:.3f}",
            f"{times(each, judged[POPULARITY]):.2f}",
            *(f"{figure:.4f}" for figure in (came.precision, came.recall, came.ndcg)),
            f"{each.coverage:.3f}",
            f"{each.milliseconds:.1f}",
        )
    out.print(table)
    ours = judged[OURS]
    _verdict("hit rate, times popularity's", times(ours, judged[POPULARITY]), HIT_RATE_BAR)
    _verdict("coverage of the catalogue", ours.coverage, COVERAGE_BAR)


def times(one: Judged, other: Judged) -> float:
    """Return how many times the other's hit rate somebody's is; nothing beside nothing is 1."""
    if not other.accuracy.hit_rate:
        return float("inf") if one.accuracy.hit_rate else 1.0
    return one.accuracy.hit_rate / other.accuracy.hit_rate


def _verdict(what: str, figure: float, bar: float) -> None:
    out.print(f"{what}: {figure:.2f}, {'met' if figure >= bar else 'MISSED'} (>= {bar:g})")
