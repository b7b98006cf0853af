"""Real viewers who rated Bollywood films, from `../shared/data/bollywood_ratings.csv.gz`.

Of viewers with six ratings or more, a recommender sees the first half, at most ten; what they rated
high afterwards is hidden. Only rated films are in the catalogue. Viewers rate what they were shown,
which favours recommenders of popular titles.
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

RATINGS_FILE = SHARED_DATA_FOLDER / "bollywood_ratings.csv.gz"
FILMS_FILE = SHARED_DATA_FOLDER / "bollywood.jsonl.gz"
SOURCE = "imdb"

MIN_RATINGS = 6  # of one viewer
MIN_HIGH_STARS = 4.0  # of 5

UserRating = tuple[datetime, str, float]  # time, IMDb id, stars


def is_available() -> bool:
    """Return whether the files exist."""
    return RATINGS_FILE.is_file() and FILMS_FILE.is_file()


def rated_films() -> Iterator[Record]:
    """Yield the films with a rating."""
    imdb_ids = {film for each in _read_ratings().values() for _, film, _ in each}
    for line in read_lines(FILMS_FILE):
        if line.record is not None and line.record.external_ids.get(SOURCE) in imdb_ids:
            yield line.record


def rating_viewers(reading: Session) -> list[EvaluationViewer]:
    """Return the viewers with enough ratings of films in the database."""
    ratings = _read_ratings()
    films = {(SOURCE, film) for each in ratings.values() for _, film, _ in each}
    ids = {film: number for (_, film), number in titles.ids_by_external_id(reading, films).items()}
    viewers = list[EvaluationViewer]()
    for user_ratings in ratings.values():
        in_catalogue = [(at, ids[film], stars) for at, film, stars in user_ratings if film in ids]
        visible = in_catalogue[: min(REACTIONS_PER_VIEWER, len(in_catalogue) // 2)]
        hidden = frozenset(
            title_id
            for _, title_id, stars in in_catalogue[len(visible) :]
            if stars >= MIN_HIGH_STARS
        )
        if len(in_catalogue) >= MIN_RATINGS and hidden:
            events = tuple(_as_events(visible))
            history = ViewerHistory(len(viewers), regions.DEFAULT_REGION, events)
            viewers.append(EvaluationViewer(history, hidden))
    return viewers


def _as_events(ratings: list[tuple[datetime, TitleId, float]]) -> Iterator[TitleEvent]:
    """Yield the ratings, shifted in time so that the last is an hour old."""
    shift = NOW - timedelta(hours=1) - ratings[-1][0]
    for at, title_id, stars in ratings:
        yield TitleEvent(title_id=title_id, event=Event.RATE, at=at + shift, value=stars)


def _read_ratings() -> dict[str, list[UserRating]]:
    """Return the ratings of each user in order of time, the first of each film."""
    ratings: dict[str, dict[str, UserRating]] = defaultdict(dict)
    with gzip.open(RATINGS_FILE, "rt", encoding="utf-8") as lines:
        for line in csv.DictReader(lines):
            at = datetime.fromtimestamp(int(line["timestamp"]), UTC)
            rating = at, line["imdb"], float(line["rating"])
            ratings[line["user"]].setdefault(line["imdb"], rating)
    return {user: sorted(by_film.values()) for user, by_film in ratings.items()}
