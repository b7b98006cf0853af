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
from index.query import IndexEntry
from recommend import popularity
from runtime.catalogue_reader import CatalogueReader
from services import seeding
from vocabulary.arrays import Matrix
from vocabulary.kinds import ScopeKind, Space
from vocabulary.name_folding import fold
from vocabulary.title_summary import TitleSummary

SHARED_DATA_FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data"
DATASET_NAMES = ("indian", "bollywood", "indian_rich", "world", "us_films", "anime", "streaming")
SYNTHETIC_SOURCE = "made-up"  # the source of titles that nobody made

DIMENSIONS = 384
RANDOM_CLUSTERS = 512
CLUSTERS_PER_LANGUAGE = 32
CLUSTER_SPREAD = (
    0.7  # length of the noise around a cluster's centre: cosines within one are about 0.67
)

MAX_OPENING_CHARACTERS = (
    60  # characters: as long as plain descriptions are, half of those in tests/search
)
MIN_OPENING_CHARACTERS = 20

Integers = NDArray[np.int64]
Counts = dict[str, list[tuple[int, float]]]  # source to (row, count)


@dataclass(slots=True)
class BenchmarkCatalogue:
    """Titles in memory as a serving process holds them; row i of all fields is one title."""

    listings: list[TitleSummary] = field(default_factory=list)
    entries: list[IndexEntry] = field(default_factory=list)
    matrix: Matrix = field(default_factory=lambda: np.empty((0, DIMENSIONS), np.float32))
    texts: list[str] = field(default_factory=list)  # openings of synopses
    plots: list[str] = field(default_factory=list)  # in English; empty where there is none
    real_titles: int = 0

    @property
    def description(self) -> str:
        """What the data are."""
        return describe_dataset(len(self.listings), self.real_titles)


def describe_dataset(titles: int, real_titles: int) -> str:
    """Say what is real and what is not."""
    if not real_titles:
        return f"{titles:,} made-up titles (no ../shared/data) with made-up vectors in clusters"
    made_up = titles - real_titles
    rest = f" and {made_up:,} made-up ones" if made_up else ""
    return f"{real_titles:,} real titles of ../shared/data{rest}; made-up vectors in clusters"


def records() -> Iterator[Record]:
    """Yield real titles, a line of each file in turn, then made-up ones without end."""
    files = [SHARED_DATA_FOLDER / f"{name}.jsonl.gz" for name in DATASET_NAMES]
    sources = [_records_of(path) for path in files if path.exists()]
    while sources:
        for source in list(sources):
            found = next(source, None)
            if found is None:
                sources.remove(source)
            else:
                yield found
    yield from _synthetic_records()


def synopsis_openings(record: Record) -> Iterator[str]:
    """Yield the first words of each synopsis, cut between words to the length of a query."""
    for text in record.synopsis.values():
        first = re.split(r"(?<=[.!?।])\s", text.strip(), maxsplit=1)[0]
        cut = (
            first
            if len(first) <= MAX_OPENING_CHARACTERS
            else first[:MAX_OPENING_CHARACTERS].rpartition(" ")[0]
        )
        if len(cut) >= MIN_OPENING_CHARACTERS:
            yield cut


def build_catalogue(n: int, centres: Matrix, rng: np.random.Generator) -> BenchmarkCatalogue:
    """Return `n` titles, none twice, as they would come out of PostgreSQL."""
    kept, found = BenchmarkCatalogue(), list[Record]()
    seen: set[tuple[str, int | None, str]] = set()
    for record in records():
        identity = (fold(record.title), record.year, record.kind)
        if identity in seen:
            continue
        seen.add(identity)
        kept.texts += synopsis_openings(record)
        kept.real_titles += record.source != SYNTHETIC_SOURCE
        kept.plots.append(record.synopsis.get("en", ""))
        found.append(record.model_copy(update={"synopsis": {}}))
        if len(found) == n:
            break
    kept.listings = summarise_records(found)
    first = [listing.language or "" for listing in kept.listings]
    kept.matrix = clustered_vectors(first, centres, rng)
    loader = CatalogueReader({}, regions.LANGUAGE_WEIGHTS)
    kept.entries = [
        loader.index_entry(listing, {Space.CONTENT: vector})
        for listing, vector in zip(kept.listings, kept.matrix, strict=True)
    ]
    kept.texts = shuffle_distinct(kept.texts, rng)
    return kept


def seed_texts() -> list[str]:
    """Return the openings of the seed's synopses, in their six scripts."""
    return [text for record in _seed_records() for text in synopsis_openings(record)]


def query_text(texts: Sequence[str], number: int) -> str:
    """Return the text of a number; beyond the texts there are, halves of two of them."""
    if 0 <= number < len(texts):
        return texts[number]
    apart, place = divmod(number, len(texts))
    text, other = texts[place], texts[(place + apart) % len(texts)]
    return f"{text[: len(text) // 2]}{other[len(other) // 2 :]}"


def shuffle_distinct(texts: Sequence[str], rng: np.random.Generator) -> list[str]:
    """Return the distinct texts in a random order."""
    distinct = list(dict.fromkeys(texts))
    return [distinct[place] for place in rng.permutation(len(distinct)).tolist()]


def cluster_centres(model: str | None, rng: np.random.Generator) -> Matrix:
    """Return unit rows: the seed's vectors where the model made them, else random ones."""
    path = seeding.seed_folder() / "vectors.npz"
    if path.exists():
        with np.load(path) as shipped:
            if str(shipped["model"]) == model:
                return unit_rows(shipped["vectors"].astype(np.float32))
    return unit_rows(rng.standard_normal((RANDOM_CLUSTERS, DIMENSIONS), np.float32))


def clustered_vectors(
    languages: Sequence[str], centres: Matrix, rng: np.random.Generator
) -> Matrix:
    """Return a unit row per title, in a cluster that its language has."""
    codes = {language: code for code, language in enumerate(sorted(set(languages)))}
    code = np.array([codes[language] for language in languages], np.int64)
    own = rng.integers(CLUSTERS_PER_LANGUAGE, size=len(code))
    return vectors_near(centres[(code * CLUSTERS_PER_LANGUAGE + own) % len(centres)], rng)


def vectors_near(rows: Matrix, rng: np.random.Generator, spread: float = CLUSTER_SPREAD) -> Matrix:
    """Return unit rows near the given ones."""
    noise = rng.standard_normal(rows.shape, np.float32) * np.float32(spread / rows.shape[1] ** 0.5)
    return unit_rows(rows + noise)


def unit_rows(rows: Matrix) -> Matrix:
    """Return the rows scaled to unit length."""
    scaled: Matrix = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return scaled


def zipf_sample(size: int, times: int, rng: np.random.Generator) -> list[int]:
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


def _seed_records() -> list[Record]:
    paths = sorted(seeding.seed_folder().glob("*.jsonl"))
    return [record for path in paths for record in _records_of(path)]


def _synthetic_records() -> Iterator[Record]:
    """Yield seeds under other names, made of the words of two, and of other years."""
    rng = np.random.default_rng(7)
    seeds = _seed_records()
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
                "source": SYNTHETIC_SOURCE,
            }
        )


def summarise_records(records_to_summarise: Sequence[Record]) -> list[TitleSummary]:
    """Return records as PostgreSQL would list them, numbered from 1."""
    popularities = _popularities(records_to_summarise)
    return [
        _summarise_record(number, record, popularities[number - 1])
        for number, record in enumerate(records_to_summarise, start=1)
    ]


def _summarise_record(
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


def _popularities(title_records: Sequence[Record]) -> list[dict[tuple[ScopeKind, str], float]]:
    """Return what `upkeep.refresh_popularity` would, countries aside."""
    audiences = popularity.audience_scores(len(title_records), _measures(title_records))
    values = [{(ScopeKind.GLOBAL, ""): float(value)} for value in audiences]
    groups: dict[str, list[int]] = defaultdict(list)
    for row, record in enumerate(title_records):
        for language in record.all_languages:
            groups[language].append(row)
    for name, ranked in popularity.popularity_within_groups(groups, audiences).items():
        for row, value in zip(groups[name], ranked, strict=True):
            values[row][ScopeKind.LANGUAGE, name] = float(value)
    return values


def _measures(title_records: Sequence[Record]) -> Iterator[tuple[Integers, popularity.Values]]:
    counts: Counts = defaultdict(list)
    for row, record in enumerate(title_records):
        for rating in record.ratings:
            counts[rating.source].append((row, rating.votes or 0))
        if record.popularity is not None:
            counts[f"popularity of {record.source}"].append((row, record.popularity))
    for pairs in counts.values():
        rows, values = zip(*pairs, strict=True)
        yield np.array(rows, np.int64), np.array(values, np.float64)


def sample_rows(n: int, size: int, rng: np.random.Generator) -> list[int]:
    """Return numbers below `n`, with repetition only where there are too few."""
    return list(islice(cycle(rng.permutation(n).tolist()), size))
