"""`rasika taste rebuild`: tastes and title states recomputed from the interaction log."""

from uuid import UUID

from config.resources import Resources, open_resources
from config.settings import Settings
from db import interactions
from db.engine import open_session
from db.viewer_lifecycle import ViewerDeleted
from runtime.title_features import StoredTitleFeatures
from scripts.cli.console import CommandFailed, out, progress_bar
from scripts.cli.embed import require_embedder
from viewers import interactions as viewer_interactions


def rebuild_tastes(settings: Settings, viewer_id: UUID | None) -> None:
    """Recompute the taste of one viewer, or of all.

    Raises `CommandFailed`.
    """
    with open_resources(settings) as resources:
        model = require_embedder(resources).model
        with open_session(resources.engine) as reading, progress_bar() as progress:
            viewer_ids = interactions.viewer_ids(reading)
            if viewer_id is not None:
                if viewer_id not in viewer_ids:
                    raise CommandFailed(f"viewer {viewer_id} has no interactions")
                viewer_ids = [viewer_id]
            features = StoredTitleFeatures(reading, model)
            event_count = sum(
                _rebuild_viewer(resources, each, features)
                for each in progress.track(viewer_ids, description="rebuilding")
            )
    out.print(f"{len(viewer_ids):,} tastes of {event_count:,} events, by vectors of {model}")


def _rebuild_viewer(resources: Resources, viewer_id: UUID, features: StoredTitleFeatures) -> int:
    with open_session(resources.engine) as writing:
        try:
            event_count = viewer_interactions.rebuild_viewer_state(writing, viewer_id, features)
        except ViewerDeleted:  # since the list of viewers was read
            return 0
        writing.commit()
    return event_count
