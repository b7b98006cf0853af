"""Encoding tastes for the database and decoding them without any loss."""

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np

from db.tastes import StoredTaste
from recommend.taste import Interest, Taste
from vocabulary.arrays import Vector

VECTOR_FIELDS = ("long_term", "session", "aversion")


def encode_taste(taste: Taste, *, model: str, at: datetime) -> StoredTaste:
    """Encode a taste: vectors as float32, the present sums first, then the interests."""
    sums = {name: getattr(taste, name) for name in VECTOR_FIELDS}
    present = {name: total for name, total in sums.items() if total is not None}
    numbers = {
        "at": at.astimezone(UTC).isoformat(),
        "mass": taste.mass,
        "affinities": dict(taste.affinities),
        "sums": list(present),
        "interests": [each.weight for each in taste.interests],
    }
    vectors = [*present.values(), *(each.vector_sum for each in taste.interests)]
    packed = b"".join(each.astype("<f4").tobytes() for each in vectors)
    return StoredTaste(model, numbers, packed, at)


def decode_taste(stored_taste: StoredTaste) -> Taste:
    """Decode a stored taste."""
    numbers = stored_taste.numbers
    rows = _unpack_vectors(stored_taste.vectors, len(numbers["sums"]) + len(numbers["interests"]))
    sums = {name: next(rows) for name in numbers["sums"]}
    return Taste(
        as_of=datetime.fromisoformat(numbers["at"]),
        **sums,
        interests=tuple(Interest(next(rows), float(each)) for each in numbers["interests"]),
        affinities={name: float(value) for name, value in numbers["affinities"].items()},
        mass=float(numbers["mass"]),
    )


def decode_affinities(stored_taste: StoredTaste) -> Taste:
    """Decode only the affinities of a taste whose vectors are of another model."""
    whole = decode_taste(stored_taste)
    return Taste(as_of=whole.as_of, affinities=whole.affinities, mass=whole.mass)


def _unpack_vectors(packed: bytes, count: int) -> Iterator[Vector]:
    if count:
        yield from np.frombuffer(packed, "<f4").astype(np.float32).reshape(count, -1)
