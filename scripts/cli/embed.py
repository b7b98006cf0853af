"""`rasika embed`: vectors of the current model for titles that lack one."""

import time
from collections.abc import Iterable, Iterator

from config.resources import Resources, open_resources
from config.settings import Settings
from db import titles, vectors
from db.engine import open_session
from embeddings.embedder import Embedder, EmbedderUnavailable
from scripts.cli.console import out, progress_bar
from services.embedding import embed_missing_titles, embed_titles
from vocabulary.kinds import Space


def embed(settings: Settings, *, all_titles: bool, batch: int) -> None:
    """Embed titles without a vector of the current model; or check every title's text."""
    with open_resources(settings) as resources:
        began = time.monotonic()
        if all_titles:
            embedder = require_embedder(resources)
            with open_session(resources.engine) as reading:
                total = titles.count(reading)
            embedded = _embed_batches(resources, embedder, _all_ids(resources, batch), total)
        else:
            embedded = embed_missing(resources, batch)
        rate = embedded / max(time.monotonic() - began, 1e-9)
        model = require_embedder(resources).model
        out.print(f"{embedded:,} titles embedded with {model}, {rate:.1f} per second")


def embed_missing(resources: Resources, batch: int) -> int:
    """Embed titles without a vector of the current model; return the number embedded.

    Waits while a worker does the same. Raises `EmbedderUnavailable`.
    """
    embedder = require_embedder(resources)
    with open_session(resources.engine) as reading:
        missing = titles.count(reading) - vectors.count(reading, Space.CONTENT, embedder.model)
    with progress_bar() as progress:
        task = progress.add_task("embedding", total=missing)
        return embed_missing_titles(
            resources.engine,
            embedder,
            batch_size=batch,
            on_batch=lambda count: progress.advance(task, count),
        )


def require_embedder(resources: Resources) -> Embedder:
    """Return the embedder.

    Raises `EmbedderUnavailable`.
    """
    if resources.embedder is None:
        raise EmbedderUnavailable(resources.settings.embedder, "see the warning above")
    return resources.embedder


def _embed_batches(
    resources: Resources, embedder: Embedder, batches: Iterable[list[int]], total: int
) -> int:
    embedded = 0
    with progress_bar() as progress:
        task = progress.add_task("embedding", total=total)
        for ids in batches:
            with open_session(resources.engine) as writing:
                embedded += embed_titles(writing, embedder, ids).embedded
                writing.commit()
            progress.advance(task, len(ids))
    return embedded


def _all_ids(resources: Resources, batch: int) -> Iterator[list[int]]:
    last_id = 0
    while True:
        with open_session(resources.engine) as reading:
            ids = titles.ids_after(reading, last_id, limit=batch)
        if not ids:
            return
        yield ids
        last_id = ids[-1]
