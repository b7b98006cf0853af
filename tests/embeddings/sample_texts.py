"""Texts of real titles, and how alike two ways to embed them are."""

import gzip
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from vocabulary.arrays import Matrix

SEED_FOLDER = Path(__file__).parents[2] / "catalog" / "seed"
REAL_TITLES_FILE = Path(__file__).parents[3] / "shared" / "data" / "indian.jsonl.gz"
MAX_TITLES = 2_000
OPENING_CHARACTERS = 80  # characters: the wheel's own engine takes half a minute for these


def seed_synopses() -> Iterator[str]:
    for path in sorted(SEED_FOLDER.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield from json.loads(line).get("synopsis", {}).values()


def real_openings() -> list[str]:
    """Names and how their plots begin."""
    if not REAL_TITLES_FILE.exists():
        pytest.skip("needs ../shared/data")
    found = list(islice(dict.fromkeys(_all_openings()), MAX_TITLES))
    assert len(found) == MAX_TITLES
    return found


def _all_openings() -> Iterator[str]:
    with gzip.open(REAL_TITLES_FILE, "rt", encoding="utf-8") as lines:
        for title in map(json.loads, lines):
            for text in (title.get("synopsis") or {}).values():
                yield f"{title['title']}. {text}"[:OPENING_CHARACTERS]


def neighbour_overlap(one: Matrix, other: Matrix) -> float:
    """Return what share of the ten nearest others is the same."""
    pairs = zip(nearest_neighbours(one), nearest_neighbours(other), strict=True)
    return float(np.mean([len(a & b) for a, b in pairs])) / 10


def nearest_neighbours(rows: Matrix, count: int = 10) -> list[set[int]]:
    likeness = rows @ rows.T
    np.fill_diagonal(likeness, -1)
    return [set(row) for row in np.argpartition(-likeness, count, axis=1)[:, :count].tolist()]
