"""`rasika reindex`: rebuild the index of every process, or copy it into a shared engine."""

import time

from config.resources import open_resources
from config.settings import Settings
from db.engine import open_session
from runtime.index_sync import CopyMismatch, create_index_sync
from scripts.cli.console import CommandFailed, out
from services import seeding


def reindex(settings: Settings) -> None:
    """Have every serving process rebuild its index."""
    with (
        open_resources(settings, with_embedder=False) as resources,
        open_session(resources.engine) as writing,
    ):
        count = seeding.request_reload(writing)
        writing.commit()
    out.print(f"{count:,} titles; every serving process rebuilds its index now")


def copy_index(settings: Settings, engine: str) -> None:
    """Copy all titles into a shared engine, compare its results, and switch to the copy.

    Raises `CommandFailed`.
    """
    with open_resources(settings) as resources:
        index_sync = create_index_sync(resources, engine)
        if index_sync is None or resources.embedder is None:
            raise CommandFailed(f"{engine} cannot be built without an embedding model")
        began = time.monotonic()
        try:
            copy = index_sync.rebuild()
        except CopyMismatch as error:
            raise CommandFailed(f"{engine} was left unchanged: {error}") from error
    elapsed_s = time.monotonic() - began
    out.print(f"{copy.titles:,} titles copied into {engine} in {elapsed_s:.1f} s")
    out.print(f"{copy.queries:,} searches compared, all results exact")
    for space, recall in copy.graph_recalls.items():
        out.print(f"{space}: a graph is used, with a recall of {recall:.1%}")
    for space, recall in copy.rejected_graph_recalls.items():
        out.print(f"{space}: no graph is used: its recall is only {recall:.1%}")
