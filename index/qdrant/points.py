"""A title as Qdrant holds it, and back."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from qdrant_client import models

from index import inner_product
from index.inner_product import Candidates
from index.query import Entry
from vocabulary.kinds import Space

SIGNALS = "signals"  # the vector of those whom boosts alone rank
KEYWORDS = ("kind", "languages", "genres", "providers")
INTEGERS = ("year", "adult", "minimum_age", "votes", "runtime")
KEPT = "signals"
"""What exact scores are made of, as text, for Qdrant reads numbers with an error in the last bit
(serde_json without `float_roundtrip`); the other fields are for filters."""


def point(entry: Entry, slots: Mapping[str, int]) -> Any:
    """Return a title with its vectors, the blend in them."""
    known = entry.attributes
    row = inner_product.signals(entry.popularity, entry.freshness, entry.regional, slots)
    payload = {
        "kind": known.kind.value,
        "languages": sorted(known.languages),
        "genres": sorted(known.genres),
        "providers": sorted(known.providers),
        "year": known.year,
        "adult": int(known.adult),
        "minimum_age": known.minimum_age,
        "votes": known.votes,
        "rating": known.rating,
        "runtime": known.runtime_minutes,
        KEPT: json.dumps([entry.popularity, entry.freshness, dict(entry.regional)]),
    }
    vectors = {
        SIGNALS: row.tolist(),
        **{
            space.value: inner_product.blended(vector, row).tolist()
            for space, vector in entry.vectors.items()
        },
    }
    told = {name: value for name, value in payload.items() if value is not None}
    return models.PointStruct(id=entry.title_id, vector=vectors, payload=told)


def candidates(points: Sequence[Any], space: Space | None, length: int) -> Candidates:
    """Return what was found, with its vectors of a space, `length` numbers before the signals."""
    vectors = None
    if space is not None:
        rows = [each.vector[space.value][:length] for each in points]
        vectors = np.array(rows, np.float32).reshape(len(points), length)
    kept = [json.loads(each.payload[KEPT]) for each in points]
    return Candidates(
        ids=np.array([each.id for each in points], np.int64),
        popularity=np.array([popularity for popularity, _, _ in kept], np.float64),
        freshness=np.array([freshness for _, freshness, _ in kept], np.float64),
        per_region=[regional for _, _, regional in kept],
        vectors=vectors,
    )
