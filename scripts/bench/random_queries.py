"""Random titles and queries that use every field of a filter and every boost."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from index.query import Attributes, Boosts, Filter, IndexEntry, Query
from vocabulary.arrays import Vector
from vocabulary.kinds import Kind, Space

DEFAULT_TITLES = 3000
DIMENSIONS = 32
SEED = 7

LANGUAGES = ("te", "ta", "hi", "kn", "ml", "en", "ja", "ko", "fr", "bn", "mr", "pa")
GENRES = ("drama", "comedy", "action", "horror", "romance", "thriller", "family", "war")
PROVIDERS = ("netflix", "netflix@IN", "aha", "aha@IN", "hotstar", "hotstar@IN")
REGIONS = ("IN", "IN-TG", "IN-TN", "US")
YEAR_RANGE = (1950, 2026)
AGE_CHOICES = (None, 0, 7, 13, 16, 18)
K_CHOICES = (1, 5, 20, 20, 20, 100, 300, 1000, 5000)
WEIGHT_CHOICES = (0.0, 0.05, 0.2, 0.5, 2.0, -0.5)


def random_entries(n: int = DEFAULT_TITLES, *, seed: int = SEED) -> list[IndexEntry]:
    """Return titles, some without a vector, a year or a rating, in common and rare languages."""
    rng = random.Random(seed)  # noqa: S311  # nothing secret
    vectors = np.random.default_rng(seed).normal(size=(n, DIMENSIONS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return [_random_entry(rng, row + 1, vector) for row, vector in enumerate(vectors)]


def random_queries(entries: Sequence[IndexEntry], *, seed: int = SEED) -> Iterator[Query]:
    """Yield queries without end, with wide and narrow filters."""
    rng = random.Random(seed)  # noqa: S311  # nothing secret
    with_vector = [entry for entry in entries if Space.CONTENT in entry.vectors]
    ids = [entry.title_id for entry in entries]
    while True:
        vector = rng.choice(with_vector).vectors[Space.CONTENT]
        yield Query(
            vector=vector if rng.random() < 0.8 else None,
            filter=_random_filter(rng, ids),
            boosts=Boosts(
                popularity=rng.choice(WEIGHT_CHOICES),
                regional={
                    region: rng.choice(WEIGHT_CHOICES) for region in REGIONS if rng.random() < 0.3
                },
                freshness=rng.choice(WEIGHT_CHOICES),
            ),
            k=rng.choice(K_CHOICES),
        )


def _random_entry(rng: random.Random, title_id: int, vector: Vector) -> IndexEntry:
    language = min(int(rng.expovariate(0.5)), len(LANGUAGES) - 1)
    attributes = Attributes(
        kind=rng.choice(list(Kind)),
        languages=frozenset({LANGUAGES[language], *_random_subset(rng, LANGUAGES, 0.02)}),
        genres=_random_subset(rng, GENRES, 0.25),
        providers=_random_subset(rng, PROVIDERS, 0.1),
        year=rng.choice([None, *[rng.randint(*YEAR_RANGE)] * 9]),
        adult=rng.random() < 0.05,
        minimum_age=rng.choice(AGE_CHOICES),
        votes=int(rng.expovariate(0.001)),
        rating=rng.choice([None, round(rng.uniform(0, 10), 1)]),
        runtime_minutes=rng.choice([None, rng.randint(20, 200)]),
    )
    return IndexEntry(
        title_id=title_id,
        attributes=attributes,
        vectors={Space.CONTENT: vector} if rng.random() < 0.95 else {},
        popularity=rng.random(),
        regional={region: rng.random() for region in REGIONS if rng.random() < 0.4},
        freshness=rng.random(),
    )


def _random_filter(rng: random.Random, ids: Sequence[int]) -> Filter:
    title_filter = Filter(adult=rng.random() < 0.3)
    year = rng.randint(*YEAR_RANGE)
    fields: list[Callable[[], dict[str, object]]] = [
        lambda: {"kinds": frozenset(rng.sample(list(Kind), 2))},
        lambda: {"languages": frozenset(rng.sample(LANGUAGES, rng.randint(1, 3)))},
        lambda: {"genres_any": frozenset(rng.sample(GENRES, 2))},
        lambda: {"genres_all": frozenset(rng.sample(GENRES, rng.randint(1, 3)))},
        lambda: {"genres_none": frozenset(rng.sample(GENRES, 2))},
        lambda: {"providers": frozenset(rng.sample(PROVIDERS, 2))},
        lambda: {"year_from": year, "year_to": rng.choice([None, year, year + 10])},
        lambda: {"max_age": rng.choice(AGE_CHOICES[1:]), "unrated": rng.random() < 0.5},
        lambda: {"min_votes": int(rng.expovariate(0.001))},
        lambda: {"min_rating": round(rng.uniform(0, 10), 1)},
        lambda: {"runtime_from": rng.randint(20, 120)},
        lambda: {"runtime_to": rng.randint(60, 200)},
        lambda: {"include": frozenset(rng.sample(ids, rng.choice([0, 3, 50, 500])))},
        lambda: {"exclude": frozenset(rng.sample(ids, rng.choice([1, 50, 500])))},
    ]
    for random_field in rng.sample(fields, rng.choice([0, 1, 1, 2, 2, 3, 4])):
        title_filter = replace(title_filter, **random_field())  # type: ignore[arg-type]  # names of fields
    return title_filter


def _random_subset(rng: random.Random, labels: Sequence[str], share: float) -> frozenset[str]:
    return frozenset(label for label in labels if rng.random() < share)
