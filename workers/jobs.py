"""The jobs: plain functions that take ids, load what they need, and may run twice without harm."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import structlog
from rq import get_current_job

from config import settings as settings_module
from config.resources import Resources, open_resources
from db import changes, popular_searches, searches, viewer_lifecycle, viewings
from db.engine import open_session
from db.viewer_lifecycle import ViewerDeleted
from embeddings.embedder import EmbedderUnavailable
from runtime.title_features import StoredTitleFeatures
from services import seeding
from services.embedding import embed_titles as embed
from viewers import login_sessions
from viewers import viewings as viewer_viewings

CHANGE_RETENTION_DAYS = 7  # a follower that slept longer loads everything again
SEARCH_RETENTION_DAYS = 180  # long enough to compare two seasons, and told in docs/search.md
VISITOR_RETENTION_DAYS = 366  # a day longer than their cookies last
MAX_VIEWINGS_PER_RUN = 5000  # in ten minutes; those left over wait for the next turn
POPULAR_SEARCH_WINDOW = timedelta(days=30)
MAX_POPULAR_TEXTS_PER_REGION = 50  # texts a region

Result = TypeVar("Result")

log = structlog.get_logger()


def embed_titles(ids: Sequence[int]) -> dict[str, int]:
    """Embed the titles whose text changed; a batch is committed before the next begins."""

    def work(resources: Resources) -> dict[str, int]:
        if resources.embedder is None:
            raise EmbedderUnavailable(resources.settings.embedder, "it could not be loaded")
        embedded = unchanged = 0
        for batch in seeding.batched(ids, seeding.TITLES_PER_EMBED_TRANSACTION):
            with open_session(resources.engine) as writing:
                done = embed(writing, resources.embedder, batch)
                writing.commit()
            embedded, unchanged = embedded + done.embedded, unchanged + done.unchanged
            report_progress(embedded + unchanged, len(ids))
        return {"embedded": embedded, "unchanged": unchanged}

    return _run_with_resources(work)


def embed_missing() -> dict[str, int]:
    """Embed every title that the current model has not: new ones, or all after a change of it."""

    def work(resources: Resources) -> dict[str, int]:
        if resources.embedder is None:
            raise EmbedderUnavailable(resources.settings.embedder, "it could not be loaded")
        return {"embedded": seeding.embed_missing_titles(resources.engine, resources.embedder)}

    return _run_with_resources(work)


def refresh_popularity() -> dict[str, int]:
    """Compute every popularity anew."""

    def work(resources: Resources) -> dict[str, int]:
        with open_session(resources.engine) as writing:
            changed = seeding.refresh_popularity(writing)
            writing.commit()
        return {"changed": changed}

    return _run_with_resources(work)


def reindex() -> dict[str, int]:
    """Ask every serving process to rebuild its index from PostgreSQL and swap it in."""

    def work(resources: Resources) -> dict[str, int]:
        with open_session(resources.engine) as writing:
            count = seeding.request_reload(writing)
            writing.commit()
        report_progress(count, count)
        return {"titles": count}

    return _run_with_resources(work)


def prune_changes() -> dict[str, int]:
    """Drop the change log's old lines."""

    def work(resources: Resources) -> dict[str, int]:
        with open_session(resources.engine) as writing:
            dropped = changes.prune(writing, days=CHANGE_RETENTION_DAYS)
            writing.commit()
        return {"dropped": dropped}

    return _run_with_resources(work)


def trim_searches() -> dict[str, int]:
    """Delete the searches that were kept long enough, and what was opened from them."""

    def work(resources: Resources) -> dict[str, int]:
        with open_session(resources.engine) as writing:
            deleted = searches.delete_old(writing, days=SEARCH_RETENTION_DAYS)
            writing.commit()
        return {"deleted": deleted}

    return _run_with_resources(work, with_embedder=False)


def trim_sessions() -> dict[str, int]:
    """Delete the sign-ins that have ended, and the tokens that have expired."""

    def work(resources: Resources) -> dict[str, int]:
        with open_session(resources.engine) as writing:
            deleted = login_sessions.delete_expired(writing)
            writing.commit()
        return {"deleted": deleted}

    return _run_with_resources(work, with_embedder=False)


def refresh_popular_searches() -> dict[str, int]:
    """Write down anew what many ask for in each region."""

    def work(resources: Resources) -> dict[str, int]:
        since = datetime.now(UTC) - POPULAR_SEARCH_WINDOW
        with open_session(resources.engine) as writing:
            count = popular_searches.refresh_popular(
                writing, since=since, limit=MAX_POPULAR_TEXTS_PER_REGION
            )
            writing.commit()
        return {"texts": count}

    return _run_with_resources(work, with_embedder=False)


def close_viewings() -> dict[str, int]:
    """End the viewings that fell silent, where they were last heard of."""

    def work(resources: Resources) -> dict[str, int]:
        model = resources.embedder.model if resources.embedder else None
        if model is None:  # a taste without vectors would take the place of one with them
            raise EmbedderUnavailable(resources.settings.embedder, "it could not be loaded")
        closed = 0
        with open_session(resources.engine) as reading:
            silent = viewings.list_idle(
                reading, viewer_viewings.IDLE_TIMEOUT, limit=MAX_VIEWINGS_PER_RUN
            )
        for viewer_id, viewing_id in silent:
            with open_session(resources.engine) as writing, suppress(ViewerDeleted):
                shelf = StoredTitleFeatures(writing, model)
                closed += viewer_viewings.close_idle(
                    writing, viewer_id, viewing_id, feature_source=shelf
                )
                writing.commit()
        return {"closed": closed}

    return _run_with_resources(work)


def trim_visitors() -> dict[str, int]:
    """Delete the visitors whose cookies have run out, so that nobody can be them any more."""

    def work(resources: Resources) -> dict[str, int]:
        with open_session(resources.engine) as writing:
            deleted = viewer_lifecycle.delete_old_visitors(writing, days=VISITOR_RETENTION_DAYS)
            writing.commit()
        return {"deleted": deleted}

    return _run_with_resources(work, with_embedder=False)


def delete_forgotten_searches() -> dict[str, int]:
    """Delete the searches that were written after their visitor was forgotten."""

    def work(resources: Resources) -> dict[str, int]:
        with open_session(resources.engine) as writing:
            swept = viewer_lifecycle.delete_leftovers(writing)
            writing.commit()
        return {"swept": swept}

    return _run_with_resources(work, with_embedder=False)


def report_progress(done: int, total: int) -> None:
    """Note how far the current job is, for those who follow it."""
    job = get_current_job()
    if job is not None:
        job.meta.update(done=done, total=total)
        job.save_meta()  # type: ignore[no-untyped-call]  # RQ's own


def _run_with_resources(
    work: Callable[[Resources], Result], *, with_embedder: bool = True
) -> Result:
    with open_resources(settings_module.load_settings(), with_embedder=with_embedder) as resources:
        return work(resources)
