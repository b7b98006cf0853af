"""The seed catalogue that comes with Rasika, and its vectors."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import structlog
from sqlalchemy import Engine
from sqlmodel import Session

import catalog
from catalog.import_reader import read_lines
from catalog.importer import Importer
from catalog.title_documents import document_texts
from db import changes, titles, vectors
from db.engine import open_session
from db.vectors import VectorRow
from embeddings.document import text_hash
from embeddings.embedder import Embedder
from services.popularity import refresh_popularity
from vocabulary.arrays import Vector
from vocabulary.batches import batched
from vocabulary.kinds import Space

TITLES_PER_TRANSACTION = 500
VECTORS_FILE = "vectors.npz"

log = structlog.get_logger()


def seed_folder() -> Path:
    """Return the folder of the seed catalogue."""
    return Path(catalog.__path__[0]) / "seed"


def seed_catalogue(engine: Engine, embedder: Embedder | None) -> int:
    """Fill an empty catalogue with the seed in one transaction; return the number of titles.

    The seed comes with vectors of the bundled model; for another model a worker embeds it.
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
    """Store the vectors of the seed for titles whose text is unchanged; return their number."""
    path = seed_folder() / VECTORS_FILE
    if embedder is None or not path.exists():
        return 0
    with np.load(path) as shipped:
        if str(shipped["model"]) != embedder.model:
            return 0
        rows = dict(zip(shipped["text_hashes"].tolist(), shipped["vectors"], strict=True))
    matching = []
    for page in batched(ids, TITLES_PER_TRANSACTION):
        for title in titles.get_many(writing, page):
            digest = text_hash(document_texts(title))
            if digest in rows and title.id is not None:
                matching.append(
                    VectorRow(title.id, digest, _normalise(rows[digest].astype(np.float32)))
                )
    vectors.store(writing, matching, Space.CONTENT, embedder.model)
    changes.record(writing, [row.title_id for row in matching])
    return len(matching)


def write_seed_vectors(reading: Session, ids: Sequence[int], embedder: Embedder) -> int:
    """Write the vectors of the seed titles to its folder, in half precision, by text hash."""
    stored = vectors.read(reading, ids, {Space.CONTENT: embedder.model})
    hashes = vectors.text_hashes(reading, ids, Space.CONTENT, embedder.model)
    rows = sorted((hashes[title_id], vector) for title_id, _, vector in stored)
    np.savez_compressed(
        seed_folder() / VECTORS_FILE,
        model=np.array(embedder.model),
        text_hashes=np.array([digest for digest, _ in rows]),
        vectors=np.stack([vector for _, vector in rows]).astype(np.float16),
    )
    return len(rows)


def request_reload(writing: Session) -> int:
    """Make every serving process reload after the commit; return the number of titles."""
    changes.record(writing, [changes.ALL_TITLES])
    return titles.count(writing)


def _normalise(vector: Vector) -> Vector:
    scaled: Vector = vector / np.linalg.norm(vector)
    return scaled
