"""Catalogues to measure on: real titles if `../shared/data` exists; vectors are always synthetic.

Vectors lie in clusters: around the vectors of the seed catalogue if the same model made them, else
around random ones. A title's language selects its clusters, so that meaning correlates with filters
as it does in a real catalogue.
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
from recommend import popularity as popularity_scores
from runtime.catalogue_reader import CatalogueReader
from services import seeding
from vocabulary.arrays import Matrix
from vocabulary.kinds import ScopeKind, Space
from vocabulary.name_folding import fold
from vocabulary.title_summary import TitleSummary

SHARED_DATA_FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data"
DATASET_NAMES = ("indian", "bollywood", "indian_rich", "world", "us_films", "anime", "streaming")
SYNTHETIC_SOURCE = "made-up"  # the source of synthetic titles

DIMENSIONS = 384
RANDOM_CLUSTERS = 512
CLUSTERS_PER_LANGUAGE = 32
# Length of the noise around a centre: two titles of a cluster have a cosine of about 0.67.
CLUSTER_SPREAD = 0.7

MAX_OPENING_CHARACTERS = 60  # as long as typical descriptions of a plot
MIN_OPENING_CHARACTERS = 20

Integers = NDArray[np.int64]
Counts = dict[str, list[tuple[int, float]]]  # source to (row, count)


@dataclass(slots=True)
class BenchmarkCatalogue:
    """Titles in memory as in a serving process; row i of each field is one title."""

    summaries: list[TitleSummary] = field(default_factory=list)
    entries: list[IndexEntry] = field(default_factory=list)
    matrix: Matrix = field(default_factory=lambda: np.empty((0, DIMENSIONS), np.float32))
    texts: list[str] = field(default_factory=list)  # beginnings of synopses
    plots: list[str] = field(default_factory=list)  # in English; "" for none
    real_titles: int = 0

    @property
    def description(self) -> str:
        """What is real and what is synthetic."""
        return describe_dataset(len(self.summaries), self.real_titles)


def describe_dataset(titles: int, real_titles: int) -> str:
    """Return in words what is real and what is synthetic."""
    if not real_titles:
        return f"{titles:,} synthetic titles (no ../shared/data), synthetic vectors in clusters"
    synthetic = titles - real_titles
    rest = f" and {synthetic:,} synthetic ones" if synthetic else ""
    return f"{real_titles:,} real titles of ../shared/data{rest}; synthetic vectors in clusters"


def records() -> Iterator[Record]:
    """Yield real titles, a line of each file in turn, then synthetic ones without end."""
    files = [SHARED_DATA_FOLDER / f"{name}.jsonl.gz" for name in DATASET_NAMES]
    sources = [_records_of(path) for path in files if path.exists()]
    while sources:
        for source in list(sources):
            record = next(source, None)
            if record is None:
                sources.remove(source)
            else:
                yield record
    yield from _synthetic_records()


def distinct_records() -> Iterator[Record]:
    """Yield the records without those of a title, year and kind that came before."""
    seen: set[tuple[str, int | None, str]] = set()
    for record in records():
        identity = (fold(record.title), record.year, record.kind)
        if identity not in seen:
            seen.add(identity)
            yield record


def synopsis_openings(record: Record) -> Iterator[str]:
    """Yield the beginning of each synopsis, cut between words to the length of a query."""
    for text in record.synopsis.values():
        first = re.split(r"(?<=[.!?।])\s", text.strip(), maxsplit=1)[0]
        opening = first[:MAX_OPENING_CHARACTERS]
        if len(first) > MAX_OPENING_CHARACTERS:
            opening = opening.rpartition(" ")[0]
        if len(opening) >= MIN_OPENING_CHARACTERS:
            yield opening


def build_catalogue(n: int, centres: Matrix, rng: np.random.Generator) -> BenchmarkCatalogue:
    """Return `n` different titles, as the database would return them."""
    catalogue, short_records = BenchmarkCatalogue(), list[Record]()
    for record in islice(distinct_records(), n):
        catalogue.texts += synopsis_openings(record)
        catalogue.real_titles += record.source != SYNTHETIC_SOURCE
        catalogue.plots.append(record.synopsis.get("en", ""))
        short_records.append(record.model_copy(update={"synopsis": {}}))
    catalogue.summaries = summarise_records(short_records)
    languages = [summary.language or "" for summary in catalogue.summaries]
    catalogue.matrix = clustered_vectors(languages, centres, rng)
    reader = CatalogueReader({}, regions.LANGUAGE_WEIGHTS)
    catalogue.entries = [
        reader.index_entry(summary, {Space.CONTENT: vector})
        for summary, vector in zip(catalogue.summaries, catalogue.matrix, strict=True)
    ]
    catalogue.texts = shuffle_distinct(catalogue.texts, rng)
    return catalogue


def seed_texts() -> list[str]:
    """Return the beginnings of the seed's synopses, in six scripts."""
    return [text for record in _seed_records() for text in synopsis_openings(record)]


def query_text(texts: Sequence[str], number: int) -> str:
    """Return the text of a number; beyond the last text, combine halves of two."""
    if 0 <= number < len(texts):
        return texts[number]
    distance, place = divmod(number, len(texts))
    text, other = texts[place], texts[(place + distance) % len(texts)]
    return f"{text[: len(text) // 2]}{other[len(other) // 2 :]}"


def shuffle_distinct(texts: Sequence[str], rng: np.random.Generator) -> list[str]:
    """Return the distinct texts in a random order."""
    distinct = list(dict.fromkeys(texts))
    return [distinct[place] for place in rng.permutation(len(distinct)).tolist()]


def cluster_centres(model: str | None, rng: np.random.Generator) -> Matrix:
    """Return unit rows: the seed's vectors if the model made them, else random ones."""
    path = seeding.seed_folder() / "vectors.npz"
    if path.exists():
        with np.load(path) as seed:
            if str(seed["model"]) == model:
                return unit_rows(seed["vectors"].astype(np.float32))
    return unit_rows(rng.standard_normal((RANDOM_CLUSTERS, DIMENSIONS), np.float32))


def clustered_vectors(
    languages: Sequence[str], centres: Matrix, rng: np.random.Generator
) -> Matrix:
    """Return a unit row per title, in a cluster of its language."""
    codes = {language: code for code, language in enumerate(sorted(set(languages)))}
    code = np.array([codes[language] for language in languages], np.int64)
    cluster = code * CLUSTERS_PER_LANGUAGE + rng.integers(CLUSTERS_PER_LANGUAGE, size=len(code))
    return vectors_near(centres[cluster % len(centres)], rng)


def vectors_near(rows: Matrix, rng: np.random.Generator, spread: float = CLUSTER_SPREAD) -> Matrix:
    """Return unit rows near the given ones."""
    noise = rng.standard_normal(rows.shape, np.float32) * np.float32(spread / rows.shape[1] ** 0.5)
    return unit_rows(rows + noise)


def unit_rows(rows: Matrix) -> Matrix:
    """Return the rows scaled to unit length."""
    scaled: Matrix = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return scaled


def zipf_sample(size: int, times: int, rng: np.random.Generator) -> list[int]:
    """Draw positions in a pool, the r-th with a probability proportional to 1/r."""
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
    """Yield seed titles with other years and with names made from the words of two titles."""
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
    """Return the records as the database would summarise them, with ids from 1."""
    popularities = _popularities(records_to_summarise)
    return [
        _summarise_record(number, record, popularities[number - 1])
        for number, record in enumerate(records_to_summarise, start=1)
    ]


def _summarise_record(
    number: int, record: Record, popularity: dict[tuple[ScopeKind, str], float]
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
        popularity=popularity,
    )


def _popularities(title_records: Sequence[Record]) -> list[dict[tuple[ScopeKind, str], float]]:
    """Return what `refresh_popularity` computes in the database, except by country."""
    audiences = popularity_scores.audience_scores(len(title_records), _measures(title_records))
    values = [{(ScopeKind.GLOBAL, ""): float(value)} for value in audiences]
    groups: dict[str, list[int]] = defaultdict(list)
    for row, record in enumerate(title_records):
        for language in record.all_languages:
            groups[language].append(row)
    for name, scores in popularity_scores.popularity_within_groups(groups, audiences).items():
        for row, value in zip(groups[name], scores, strict=True):
            values[row][ScopeKind.LANGUAGE, name] = float(value)
    return values


def _measures(
    title_records: Sequence[Record],
) -> Iterator[tuple[Integers, popularity_scores.Values]]:
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
    """Return numbers below `n`, repeated only if `size` exceeds `n`."""
    return list(islice(cycle(rng.permutation(n).tolist()), size))
