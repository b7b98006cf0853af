"""What keeps derived data in step with the catalogue: popularity, the seed, its vectors."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import structlog
from numpy.typing import NDArray
from sqlalchemy import Engine
from sqlmodel import Session

import catalog
from catalog.import_reader import read_lines
from catalog.importer import Importer
from db import changes, popularity, titles, vectors
from db.engine import open_session
from db.popularity import ScopedPopularity
from db.vectors import VectorRow
from embeddings.document import document_texts, text_hash
from embeddings.embedder import Embedder
from recommend import popularity as ranks
from services.embedding import embed_titles
from vocabulary.arrays import Vector
from vocabulary.kinds import ScopeKind, Space

TITLES_PER_TRANSACTION = 500  # titles per transaction
TITLES_PER_EMBED_TRANSACTION = 64  # titles per transaction: a second of work on two cores

log = structlog.get_logger()

T = TypeVar("T")
Counts = dict[str, list[tuple[int, float]]]  # source to (row, count)


def seed_folder() -> Path:
    """Return where the seed catalogue lies."""
    return Path(catalog.__path__[0]) / "seed"


def seed_catalogue(engine: Engine, embedder: Embedder | None) -> int:
    """Fill an empty catalogue with the seed, whole or not at all; return the titles stored.

    The seed carries its vectors for the bundled model; for another, a worker embeds it.
    """
    with open_session(engine) as writing:
        titles.lock_for_writing(writing)
        if titles.count(writing):
            return 0
        stored: list[int] = []
        importer = Importer()
        for path in sorted(seed_folder().glob("*.jsonl")):
            records = [line.record for line in read_lines(path) if line.record]
            stored += importer.store(writing, records).created_ids
        refresh_popularity(writing)
        store_seed_vectors(writing, stored, embedder)
        writing.commit()
    log.info("catalogue_seeded", titles=len(stored))
    return len(stored)


def store_seed_vectors(writing: Session, ids: Sequence[int], embedder: Embedder | None) -> int:
    """Store the vectors that come with the seed for texts that are still the same."""
    path = seed_folder() / "vectors.npz"
    if embedder is None or not path.exists():
        return 0
    with np.load(path) as shipped:
        if str(shipped["model"]) != embedder.model:
            return 0
        rows = dict(zip(shipped["text_hashes"].tolist(), shipped["vectors"], strict=True))
    found = []
    for page in batched(ids, TITLES_PER_TRANSACTION):
        for title in titles.get_many(writing, page):
            digest = text_hash(document_texts(title))
            if digest in rows and title.id is not None:
                found.append(
                    VectorRow(title.id, digest, _normalise(rows[digest].astype(np.float32)))
                )
    vectors.store(writing, found, Space.CONTENT, embedder.model)
    changes.record(writing, [row.title_id for row in found])
    return len(found)


def write_seed_vectors(reading: Session, ids: Sequence[int], embedder: Embedder) -> int:
    """Write the vectors of the seed's titles beside it, in half precision, by text."""
    stored = vectors.read(reading, ids, {Space.CONTENT: embedder.model})
    hashes = vectors.text_hashes(reading, ids, Space.CONTENT, embedder.model)
    rows = sorted((hashes[title_id], vector) for title_id, _, vector in stored)
    np.savez_compressed(
        seed_folder() / "vectors.npz",
        model=np.array(embedder.model),
        text_hashes=np.array([digest for digest, _ in rows]),
        vectors=np.stack([vector for _, vector in rows]).astype(np.float16),
    )
    return len(rows)


def embed_missing_titles(engine: Engine, embedder: Embedder) -> int:
    """Embed every title that the current model has not, and return how many."""
    done = 0
    for ids in missing_title_batches(engine, embedder):
        with open_session(engine) as writing:
            done += embed_titles(writing, embedder, ids).embedded
            writing.commit()
    return done


def missing_title_batches(
    engine: Engine, embedder: Embedder, batch: int = TITLES_PER_EMBED_TRANSACTION
) -> Iterator[list[int]]:
    """Yield the titles that the current model has not embedded, in the order of their ids."""
    after = 0
    while True:
        with open_session(engine) as reading:
            ids = vectors.ids_without_vector(
                reading, Space.CONTENT, embedder.model, limit=batch, after=after
            )
        if not ids:
            return
        yield ids
        after = ids[-1]


def refresh_popularity(writing: Session) -> int:
    """Compute every popularity anew and log the titles whose own changed; the caller commits."""
    ids = popularity.title_ids(writing)
    row_of = {title_id: row for row, title_id in enumerate(ids)}
    audiences = ranks.audience_scores(len(ids), _popularity_measures(writing, row_of))
    rows = [
        ScopedPopularity(title_id, ScopeKind.GLOBAL, "", float(value))
        for title_id, value in zip(ids, audiences, strict=True)
        if value > 0
    ]
    for kind, pairs in (
        (ScopeKind.LANGUAGE, popularity.title_languages(writing)),
        (ScopeKind.COUNTRY, popularity.title_countries(writing)),
    ):
        groups: dict[str, list[int]] = defaultdict(list)
        for title_id, name in pairs:
            if title_id in row_of:
                groups[name].append(row_of[title_id])
        for name, values in ranks.popularity_within_groups(groups, audiences).items():
            members = zip(groups[name], values, strict=True)
            rows += [
                ScopedPopularity(ids[row], kind, name, float(value))
                for row, value in members
                if value
            ]
    changed = popularity.replace(writing, rows)
    changes.record(writing, changed)
    return len(changed)


def request_reload(writing: Session) -> int:
    """Have every serving process rebuild its index after the commit; return the titles there."""
    changes.record(writing, [changes.ALL_TITLES])
    return titles.count(writing)


def _popularity_measures(
    reading: Session, row_of: dict[int, int]
) -> Iterator[tuple[NDArray[np.int64], ranks.Values]]:
    """Yield what each source counts: its votes, and its own popularity."""
    votes: Counts = defaultdict(list)
    own: Counts = defaultdict(list)
    for counted in popularity.source_counts(reading):
        row = row_of.get(counted.title_id)
        if row is None:  # imported since the ids were read
            continue
        if counted.votes:
            votes[counted.source].append((row, counted.votes))
        if counted.popularity:
            own[counted.source].append((row, counted.popularity))
    for pairs in [*votes.values(), *own.values()]:
        rows, values = zip(*pairs, strict=True)
        yield np.array(rows, np.int64), np.array(values, np.float64)


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield the items in lists of a size."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _normalise(vector: Vector) -> Vector:
    scaled: Vector = vector / np.linalg.norm(vector)
    return scaled
