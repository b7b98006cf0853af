"""The functions of the jobs. Each may run twice without harm."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

from rq import get_current_job
from sqlmodel import Session

from db import changes, popular_searches, searches, viewer_lifecycle, viewings
from db.engine import open_session
from db.viewer_lifecycle import ViewerDeleted
from runtime.title_features import StoredTitleFeatures
from services.embedding import TITLES_PER_EMBED_TRANSACTION, embed_missing_titles
from services.embedding import embed_titles as embed
from services.popularity import refresh_popularity
from services.seeding import request_reload
from viewers import login_sessions
from viewers import viewings as viewer_viewings
from vocabulary.batches import batched
from workers.job_context import JobContext, current_context

CHANGE_RETENTION_DAYS = 7  # a follower that was offline for longer reloads everything
SEARCH_RETENTION_DAYS = 180  # documented in docs/search.md
VISITOR_RETENTION_DAYS = 366  # a day longer than their cookies are valid
MAX_VIEWINGS_PER_RUN = 5000  # the next run, ten minutes later, takes the rest
POPULAR_SEARCH_WINDOW = timedelta(days=30)
MAX_POPULAR_TEXTS_PER_REGION = 50

JobResult = dict[str, int]
JobFunction = Callable[..., JobResult]


def run_job(name: str, *arguments: object) -> JobResult:
    """Run a job of `FUNCTIONS` in the context of this worker: the function that RQ calls."""
    return FUNCTIONS[name](current_context(), *arguments)


def embed_titles(context: JobContext, ids: Sequence[int]) -> JobResult:
    """Embed the titles whose text changed, a transaction per batch."""
    embedded = unchanged = 0
    for batch in batched(ids, TITLES_PER_EMBED_TRANSACTION):
        with open_session(context.engine) as writing:
            counts = embed(writing, context.embedder, batch)
            writing.commit()
        embedded, unchanged = embedded + counts.embedded, unchanged + counts.unchanged
        report_progress(embedded + unchanged, len(ids))
    return {"embedded": embedded, "unchanged": unchanged}


def embed_missing(context: JobContext) -> JobResult:
    """Embed every title without a vector of the current model, unless a process does so now."""
    return {"embedded": embed_missing_titles(context.engine, context.embedder, wait=False)}


def close_viewings(context: JobContext) -> JobResult:
    """End idle viewings at their last reported progress."""
    model, closed = context.model_name, 0
    with open_session(context.engine) as reading:
        idle = viewings.list_idle(reading, viewer_viewings.IDLE_TIMEOUT, limit=MAX_VIEWINGS_PER_RUN)
    for viewer_id, viewing_id in idle:
        with open_session(context.engine) as writing, suppress(ViewerDeleted):
            features = StoredTitleFeatures(writing, model)
            closed += viewer_viewings.close_idle(
                writing, viewer_id, viewing_id, feature_source=features
            )
            writing.commit()
    return {"closed": closed}


def reindex(session: Session) -> int:
    """Make every serving process rebuild its index from PostgreSQL; return the title count."""
    count = request_reload(session)
    report_progress(count, count)
    return count


def refresh_popular_searches(session: Session) -> int:
    """Recompute the popular searches of each region; return the number of texts."""
    since = datetime.now(UTC) - POPULAR_SEARCH_WINDOW
    return popular_searches.refresh_popular(
        session, since=since, limit=MAX_POPULAR_TEXTS_PER_REGION
    )


def in_transaction(result_name: str, change: Callable[[Session], int]) -> JobFunction:
    """Return a job that makes one change and commits it; its result is the change's count."""

    def run(context: JobContext) -> JobResult:
        with open_session(context.engine) as writing:
            count = change(writing)
            writing.commit()
        return {result_name: count}

    return run


def report_progress(done: int, total: int) -> None:
    """Store the progress of the current job; outside a job, do nothing."""
    job = get_current_job()
    if job is not None:
        job.meta.update(done=done, total=total)
        job.save_meta()  # type: ignore[no-untyped-call]  # RQ's own


FUNCTIONS: Mapping[str, JobFunction] = {
    "embed_titles": embed_titles,
    "embed_missing": embed_missing,
    "refresh_popularity": in_transaction("changed", refresh_popularity),
    "reindex": in_transaction("titles", reindex),
    "refresh_popular_searches": in_transaction("texts", refresh_popular_searches),
    "close_viewings": close_viewings,
    "delete_forgotten_searches": in_transaction("swept", viewer_lifecycle.delete_leftovers),
    "prune_changes": in_transaction("dropped", partial(changes.prune, days=CHANGE_RETENTION_DAYS)),
    "trim_searches": in_transaction(
        "deleted", partial(searches.delete_old, days=SEARCH_RETENTION_DAYS)
    ),
    "trim_visitors": in_transaction(
        "deleted", partial(viewer_lifecycle.delete_old_visitors, days=VISITOR_RETENTION_DAYS)
    ),
    "trim_sessions": in_transaction("deleted", login_sessions.delete_expired),
}
