"""`rasika taste`: tastes and standings worked out anew from what viewers did."""

from uuid import UUID

from rich.progress import Progress

from config.resources import Resources, open_resources
from config.settings import Settings
from db import interactions
from db.engine import open_session
from db.viewer_lifecycle import ViewerDeleted
from embeddings.embedder import Embedder, EmbedderUnavailable
from runtime.title_features import StoredTitleFeatures
from scripts.cli.titles import CommandFailed, err, out
from viewers import interactions as viewer_interactions


def rebuild_tastes(settings: Settings, viewer_id: UUID | None) -> None:
    """Work out the taste of a viewer, or of everybody, from what the log holds."""
    with open_resources(settings) as resources:
        model = require_embedder(resources).model
        with open_session(resources.engine) as reading:
            everybody = interactions.viewer_ids(reading)
            if viewer_id is not None and viewer_id not in everybody:
                raise CommandFailed(f"viewer {viewer_id} did nothing that is known")
            wanted = everybody if viewer_id is None else [viewer_id]
            shelf = StoredTitleFeatures(reading, model)
            with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
                told = [
                    _replay_interactions(resources, each, shelf)
                    for each in progress.track(wanted, len(wanted))
                ]
    out.print(f"{len(wanted):,} tastes of {sum(told):,} events, by vectors of {model}")


def require_embedder(resources: Resources) -> Embedder:
    """Return the embedder, whose vectors tastes are made of.

    Raises `EmbedderUnavailable`.
    """
    if resources.embedder is None:
        raise EmbedderUnavailable(resources.settings.embedder, "see the warning above")
    return resources.embedder


def _replay_interactions(resources: Resources, viewer_id: UUID, shelf: StoredTitleFeatures) -> int:
    with open_session(resources.engine) as writing:
        try:
            told = viewer_interactions.rebuild_viewer_state(writing, viewer_id, shelf)
        except ViewerDeleted:  # a moment ago
            return 0
        writing.commit()
    return told
