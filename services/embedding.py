"""Embedding titles of the catalogue and storing what comes out."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from db import changes, titles, vectors
from db.vectors import VectorRow
from embeddings.document import document_texts, embed_documents, text_hash
from embeddings.embedder import Embedder
from vocabulary.kinds import Space


@dataclass(frozen=True, slots=True)
class EmbedCounts:
    """What was done, as numbers of titles."""

    embedded: int = 0
    unchanged: int = 0


def embed_titles(session: Session, embedder: Embedder, ids: Sequence[int]) -> EmbedCounts:
    """Embed the titles whose text changed since the model last read it; the caller commits."""
    parts = {title.id: document_texts(title) for title in titles.get_many(session, ids) if title.id}
    hashes = {number: text_hash(texts) for number, texts in parts.items()}
    known = vectors.text_hashes(session, list(parts), Space.CONTENT, embedder.model)
    stale = [number for number in parts if known.get(number) != hashes[number]]
    found = embed_documents(embedder, [parts[number] for number in stale])
    rows = [
        VectorRow(number, hashes[number], vector)
        for number, vector in zip(stale, found, strict=True)
    ]
    vectors.store(session, rows, Space.CONTENT, embedder.model)
    changes.record(session, stale)
    return EmbedCounts(len(stale), len(parts) - len(stale))
