"""Real people: who rated Bollywood films, in `../shared/data/bollywood_ratings.csv.gz`.

Of those with six ratings or more, the first half, ten at most, is what a recommender sees; what
they rated high afterwards is hidden. Only rated films are in the catalogue. What people rate they
chose from what they were shown, so who shows the best known is right more often than he would be
by his own doing.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlmodel import Session

from catalog import regions
from catalog.import_reader import read_lines
from catalog.record import Record
from db import titles
from recommend.title_state import TitleEvent
from scripts.bench.datasets import SHARED_DATA_FOLDER
from scripts.evaluate.simulated_viewers import (
    NOW,
    REACTIONS_PER_VIEWER,
    EvaluationViewer,
    ViewerHistory,
)
from vocabulary.ids import TitleId
from vocabulary.kinds import Event

RATINGS = SHARED_DATA_FOLDER / "bollywood_ratings.csv.gz"
FILMS = SHARED_DATA_FOLDER / "bollywood.jsonl.gz"
SOURCE = "imdb"

MIN_RATINGS = 6  # ratings of one person
MIN_HIGH_STARS = 4.0  # stars, of 5

UserRating = tuple[datetime, str, float]  # when, which film, stars


def is_available() -> bool:
    """Tell whether the data are."""
    return RATINGS.is_file() and FILMS.is_file()


def rated_films() -> Iterator[Record]:
    """Yield the films that somebody rated."""
    rated = {film for each in _read_ratings().values() for _, film, _ in each}
    for line in read_lines(FILMS):
        if line.record is not None and line.record.external_ids.get(SOURCE) in rated:
            yield line.record


def rating_viewers(reading: Session) -> list[EvaluationViewer]:
    """Return those whose ratings tell enough, for films that are in the database."""
    ratings = _read_ratings()
    films = {(SOURCE, film) for each in ratings.values() for _, film, _ in each}
    ids = {film: number for (_, film), number in titles.ids_by_external_id(reading, films).items()}
    found = list[EvaluationViewer]()
    for rated in ratings.values():
        known = [(at, ids[film], stars) for at, film, stars in rated if film in ids]
        seen = known[: min(REACTIONS_PER_VIEWER, len(known) // 2)]
        hidden = frozenset(
            title for _, title, stars in known[len(seen) :] if stars >= MIN_HIGH_STARS
        )
        if len(known) >= MIN_RATINGS and hidden:
            guest = ViewerHistory(len(found), regions.DEFAULT_REGION, tuple(_as_reactions(seen)))
            found.append(EvaluationViewer(guest, hidden))
    return found


def _as_reactions(seen: list[tuple[datetime, TitleId, float]]) -> Iterator[TitleEvent]:
    """Yield ratings as if the last had been given an hour ago."""
    later = NOW - timedelta(hours=1) - seen[-1][0]
    for at, title_id, stars in seen:
        yield TitleEvent(title_id=title_id, event=Event.RATE, at=at + later, value=stars)


def _read_ratings() -> dict[str, list[UserRating]]:
    """Return everybody's ratings in the order of time, each film's first one."""
    found: dict[str, dict[str, UserRating]] = defaultdict(dict)
    with gzip.open(RATINGS, "rt", encoding="utf-8") as lines:
        for line in csv.DictReader(lines):
            at = datetime.fromtimestamp(int(line["timestamp"]), UTC)
            rated = at, line["imdb"], float(line["rating"])
            found[line["user"]].setdefault(line["imdb"], rated)
    return {user: sorted(each.values()) for user, each in found.items()}
