"""Embeds titles and stores their vectors; missing vectors are embedded by one process at a time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlmodel import Session

from catalog.title_documents import document_texts
from db import changes, titles, vectors
from db.advisory_locks import AdvisoryLock, named_lock
from db.engine import open_session
from db.vectors import VectorRow
from embeddings.document import embed_documents, text_hash
from embeddings.embedder import Embedder
from vocabulary.kinds import Space

TITLES_PER_EMBED_TRANSACTION = 64  # a second of work on two cores


@dataclass(frozen=True, slots=True)
class EmbedCounts:
    """Numbers of titles."""

    embedded: int = 0
    unchanged: int = 0


def embed_titles(session: Session, embedder: Embedder, ids: Sequence[int]) -> EmbedCounts:
    """Embed the titles whose text changed since the model last read it; the caller commits."""
    parts = {title.id: document_texts(title) for title in titles.get_many(session, ids) if title.id}
    hashes = {title_id: text_hash(texts) for title_id, texts in parts.items()}
    stored_hashes = vectors.text_hashes(session, list(parts), Space.CONTENT, embedder.model)
    stale = [title_id for title_id in parts if stored_hashes.get(title_id) != hashes[title_id]]
    new_vectors = embed_documents(embedder, [parts[title_id] for title_id in stale])
    rows = [
        VectorRow(title_id, hashes[title_id], vector)
        for title_id, vector in zip(stale, new_vectors, strict=True)
    ]
    vectors.store(session, rows, Space.CONTENT, embedder.model)
    changes.record(session, stale)
    return EmbedCounts(len(stale), len(parts) - len(stale))


def embed_missing_titles(
    engine: Engine,
    embedder: Embedder,
    *,
    batch_size: int = TITLES_PER_EMBED_TRANSACTION,
    wait: bool = True,
    on_batch: Callable[[int], None] = lambda _: None,
) -> int:
    """Embed every title without a vector of this model, and return how many.

    `on_batch` gets the number of titles of each committed batch. Only one process does this at a
    time; with `wait` false, 0 titles are embedded while another one does.
    """
    embedded = 0
    with named_lock(engine, AdvisoryLock.EMBEDDING, Space.CONTENT, wait=wait) as acquired:
        for ids in missing_title_batches(engine, embedder, batch_size) if acquired else ():
            with open_session(engine) as writing:
                embedded += embed_titles(writing, embedder, ids).embedded
                writing.commit()
            on_batch(len(ids))
    return embedded


def missing_title_batches(
    engine: Engine, embedder: Embedder, batch_size: int = TITLES_PER_EMBED_TRANSACTION
) -> Iterator[list[int]]:
    """Yield the ids of titles without a vector of this model, in ascending order."""
    last_id = 0
    while True:
        with open_session(engine) as reading:
            ids = vectors.ids_without_vector(
                reading, Space.CONTENT, embedder.model, limit=batch_size, after=last_id
            )
        if not ids:
            return
        yield ids
        last_id = ids[-1]
