"""A title as Qdrant holds it, and back."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from qdrant_client import models

from index import inner_product
from index.inner_product import CandidateColumns
from index.query import IndexEntry
from vocabulary.kinds import Space

SIGNALS_VECTOR = "signals"  # the vector of those whom boosts alone rank
KEYWORD_FIELDS = ("kind", "languages", "genres", "providers")
INTEGER_FIELDS = ("year", "adult", "minimum_age", "votes", "runtime")
EXACT_SIGNALS_FIELD = "signals"
"""What exact scores are made of, as text, for Qdrant reads numbers with an error in the last bit
(serde_json without `float_roundtrip`); the other fields are for filters."""


def to_point(entry: IndexEntry, region_slots: Mapping[str, int]) -> Any:
    """Return a title with its vectors, the blend in them."""
    known = entry.attributes
    row = inner_product.signal_row(entry.popularity, entry.freshness, entry.regional, region_slots)
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
        EXACT_SIGNALS_FIELD: json.dumps([entry.popularity, entry.freshness, dict(entry.regional)]),
    }
    vectors = {
        SIGNALS_VECTOR: row.tolist(),
        **{
            space.value: inner_product.blended_vector(vector, row).tolist()
            for space, vector in entry.vectors.items()
        },
    }
    told = {name: value for name, value in payload.items() if value is not None}
    return models.PointStruct(id=entry.title_id, vector=vectors, payload=told)


def to_candidate_columns(
    points: Sequence[Any], space: Space | None, dimensions: int
) -> CandidateColumns:
    """Return what was found, with its vectors of a space, `length` numbers before the signals."""
    vectors = None
    if space is not None:
        rows = [each.vector[space.value][:dimensions] for each in points]
        vectors = np.array(rows, np.float32).reshape(len(points), dimensions)
    kept = [json.loads(each.payload[EXACT_SIGNALS_FIELD]) for each in points]
    return CandidateColumns(
        ids=np.array([each.id for each in points], np.int64),
        popularity=np.array([popularity for popularity, _, _ in kept], np.float64),
        freshness=np.array([freshness for _, freshness, _ in kept], np.float64),
        regional_by_title=[regional for _, _, regional in kept],
        vectors=vectors,
    )
