"""Catalogues to measure on: real titles where `../shared/data` is there, vectors always made up.

Vectors lie in clusters: around those of the seed catalogue (real places of the embedder's space)
where the embedder made these, else around random ones. A title's language picks its clusters, so
that meaning and filters are correlated, as they are in life.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catalog import regions
from catalog.import_reader import UnreadableFile, read_lines
from catalog.record import Record
from db.title_summaries import TitleSummary
from index.query import IndexEntry, Matrix
from recommend import popularity
from runtime.catalogue_reader import CatalogueReader
from services import seeding
from vocabulary.kinds import ScopeKind, Space
from vocabulary.name_folding import fold

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
FILES = ("indian", "bollywood", "indian_rich", "world", "us_films", "anime", "streaming")
MADE_UP = "made-up"  # the source of titles that nobody made

DIMENSIONS = 384
RANDOM_CLUSTERS = 512
CLUSTERS_PER_LANGUAGE = 32
SPREAD = 0.7  # length of the noise around a cluster's centre: cosines within one are about 0.67

OPENING = 60  # characters: as long as plain descriptions are, half of those in tests/search
SHORTEST_OPENING = 20

Integers = NDArray[np.int64]
Counts = dict[str, list[tuple[int, float]]]  # source to (row, count)


@dataclass(slots=True)
class Catalogue:
    """Titles in memory as a serving process holds them; row i of all fields is one title."""

    listings: list[TitleSummary] = field(default_factory=list)
    entries: list[IndexEntry] = field(default_factory=list)
    matrix: Matrix = field(default_factory=lambda: np.empty((0, DIMENSIONS), np.float32))
    texts: list[str] = field(default_factory=list)  # openings of synopses
    plots: list[str] = field(default_factory=list)  # in English; empty where there is none
    real: int = 0

    @property
    def about(self) -> str:
        """What the data are."""
        return described(len(self.listings), self.real)


def described(titles: int, real: int) -> str:
    """Say what is real and what is not."""
    if not real:
        return f"{titles:,} made-up titles (no ../shared/data) with made-up vectors in clusters"
    made_up = titles - real
    rest = f" and {made_up:,} made-up ones" if made_up else ""
    return f"{real:,} real titles of ../shared/data{rest}; made-up vectors in clusters"


def records() -> Iterator[Record]:
    """Yield real titles, a line of each file in turn, then made-up ones without end."""
    files = [SHARED / f"{name}.jsonl.gz" for name in FILES]
    sources = [_records_of(path) for path in files if path.exists()]
    while sources:
        for source in list(sources):
            found = next(source, None)
            if found is None:
                sources.remove(source)
            else:
                yield found
    yield from _made_up()


def openings(record: Record) -> Iterator[str]:
    """Yield the first words of each synopsis, cut between words to the length of a query."""
    for text in record.synopsis.values():
        first = re.split(r"(?<=[.!?।])\s", text.strip(), maxsplit=1)[0]
        cut = first if len(first) <= OPENING else first[:OPENING].rpartition(" ")[0]
        if len(cut) >= SHORTEST_OPENING:
            yield cut


def in_memory(n: int, centres: Matrix, rng: np.random.Generator) -> Catalogue:
    """Return `n` titles, none twice, as they would come out of PostgreSQL."""
    kept, found = Catalogue(), list[Record]()
    seen: set[tuple[str, int | None, str]] = set()
    for record in records():
        identity = (fold(record.title), record.year, record.kind)
        if identity in seen:
            continue
        seen.add(identity)
        kept.texts += openings(record)
        kept.real += record.source != MADE_UP
        kept.plots.append(record.synopsis.get("en", ""))
        found.append(record.model_copy(update={"synopsis": {}}))
        if len(found) == n:
            break
    kept.listings = listings(found)
    first = [listing.language or "" for listing in kept.listings]
    kept.matrix = vectors(first, centres, rng)
    loader = CatalogueReader({}, regions.LANGUAGE_WEIGHTS)
    kept.entries = [
        loader.index_entry(listing, {Space.CONTENT: vector})
        for listing, vector in zip(kept.listings, kept.matrix, strict=True)
    ]
    kept.texts = shuffled(kept.texts, rng)
    return kept


def seed_texts() -> list[str]:
    """Return the openings of the seed's synopses, in their six scripts."""
    return [text for record in _seed() for text in openings(record)]


def query(texts: Sequence[str], number: int) -> str:
    """Return the text of a number; beyond the texts there are, halves of two of them."""
    if 0 <= number < len(texts):
        return texts[number]
    apart, place = divmod(number, len(texts))
    text, other = texts[place], texts[(place + apart) % len(texts)]
    return f"{text[: len(text) // 2]}{other[len(other) // 2 :]}"


def shuffled(texts: Sequence[str], rng: np.random.Generator) -> list[str]:
    """Return the distinct texts in a random order."""
    distinct = list(dict.fromkeys(texts))
    return [distinct[place] for place in rng.permutation(len(distinct)).tolist()]


def cluster_centres(model: str | None, rng: np.random.Generator) -> Matrix:
    """Return unit rows: the seed's vectors where the model made them, else random ones."""
    path = seeding.seed_folder() / "vectors.npz"
    if path.exists():
        with np.load(path) as shipped:
            if str(shipped["model"]) == model:
                return units(shipped["vectors"].astype(np.float32))
    return units(rng.standard_normal((RANDOM_CLUSTERS, DIMENSIONS), np.float32))


def vectors(languages: Sequence[str], centres: Matrix, rng: np.random.Generator) -> Matrix:
    """Return a unit row per title, in a cluster that its language has."""
    codes = {language: code for code, language in enumerate(sorted(set(languages)))}
    code = np.array([codes[language] for language in languages], np.int64)
    own = rng.integers(CLUSTERS_PER_LANGUAGE, size=len(code))
    return around(centres[(code * CLUSTERS_PER_LANGUAGE + own) % len(centres)], rng)


def around(rows: Matrix, rng: np.random.Generator, spread: float = SPREAD) -> Matrix:
    """Return unit rows near the given ones."""
    noise = rng.standard_normal(rows.shape, np.float32) * np.float32(spread / rows.shape[1] ** 0.5)
    return units(rows + noise)


def units(rows: Matrix) -> Matrix:
    """Return the rows scaled to unit length."""
    scaled: Matrix = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return scaled


def zipf(size: int, times: int, rng: np.random.Generator) -> list[int]:
    """Return places in a pool, the r-th asked for in proportion to 1/r."""
    weights = 1 / np.arange(1, size + 1)
    return [int(place) for place in rng.choice(size, times, p=weights / weights.sum())]


def _records_of(path: Path) -> Iterator[Record]:
    try:
        for line in read_lines(path):
            if line.record is not None:
                yield line.record
    except UnreadableFile:
        return


def _seed() -> list[Record]:
    paths = sorted(seeding.seed_folder().glob("*.jsonl"))
    return [record for path in paths for record in _records_of(path)]


def _made_up() -> Iterator[Record]:
    """Yield seeds under other names, made of the words of two, and of other years."""
    rng = np.random.default_rng(7)
    seeds = _seed()
    words = sorted({word for record in seeds for word in record.title.split()})
    for number, record in enumerate(cycle(seeds)):
        first, second = (words[place] for place in rng.integers(len(words), size=2).tolist())
        yield record.model_copy(
            update={
                "title": f"{first} {second}" + (f" {number}" if number >= len(seeds) else ""),
                "year": int(rng.integers(1950, 2027)),
                "original_title": None,
                "names": {},
                "aliases": [],
                "external_ids": {},
                "release_date": None,
                "source": MADE_UP,
            }
        )


def listings(found: Sequence[Record]) -> list[TitleSummary]:
    """Return records as PostgreSQL would list them, numbered from 1."""
    popularities = _popularities(found)
    return [
        _listing(number, record, popularities[number - 1])
        for number, record in enumerate(found, start=1)
    ]


def _listing(
    number: int, record: Record, known: dict[tuple[ScopeKind, str], float]
) -> TitleSummary:
    names = [record.original_title, *record.names.values(), record.title, *record.aliases]
    people = {fold(part.name): part.name for part in record.people}
    scores = [10 * each.score / each.scale for each in record.ratings if each.score is not None]
    return TitleSummary(
        id=number,
        kind=record.kind,
        title=record.title,
        original_title=record.original_title,
        language=record.original_language,
        year=record.year,
        release_date=record.release_date,
        adult=record.is_adult,
        minimum_age=record.minimum_age,
        votes=sum(each.votes or 0 for each in record.ratings),
        rating=max(scores, default=None),
        runtime_minutes=record.runtime_minutes,
        genres=tuple(record.genres),
        languages=tuple(record.all_languages),
        providers=tuple(f"{each.provider}@{each.region or ''}" for each in record.availability),
        names=tuple(dict.fromkeys(fold(name) for name in names if name)),
        people=tuple(people),
        people_names=tuple(people.values()),
        poster_url=None,
        popularity=known,
    )


def _popularities(found: Sequence[Record]) -> list[dict[tuple[ScopeKind, str], float]]:
    """Return what `upkeep.refresh_popularity` would, countries aside."""
    audiences = popularity.audience_scores(len(found), _measures(found))
    values = [{(ScopeKind.GLOBAL, ""): float(value)} for value in audiences]
    groups: dict[str, list[int]] = defaultdict(list)
    for row, record in enumerate(found):
        for language in record.all_languages:
            groups[language].append(row)
    for name, ranked in popularity.popularity_within_groups(groups, audiences).items():
        for row, value in zip(groups[name], ranked, strict=True):
            values[row][ScopeKind.LANGUAGE, name] = float(value)
    return values


def _measures(found: Sequence[Record]) -> Iterator[tuple[Integers, popularity.Values]]:
    counts: Counts = defaultdict(list)
    for row, record in enumerate(found):
        for rating in record.ratings:
            counts[rating.source].append((row, rating.votes or 0))
        if record.popularity is not None:
            counts[f"popularity of {record.source}"].append((row, record.popularity))
    for pairs in counts.values():
        rows, values = zip(*pairs, strict=True)
        yield np.array(rows, np.int64), np.array(values, np.float64)


def sample(n: int, size: int, rng: np.random.Generator) -> list[int]:
    """Return numbers below `n`, with repetition only where there are too few."""
    return list(islice(cycle(rng.permutation(n).tolist()), size))
