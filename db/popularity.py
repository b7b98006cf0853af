"""The counts that popularity is computed from, and the computed values."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import Session

from vocabulary.kinds import ScopeKind

SELECT_SOURCE_COUNTS = text(
    """
    SELECT title_id, source, coalesce(votes, 0), coalesce(popularity, 0) FROM rating
    WHERE votes > 0 OR popularity > 0
    """
)
SELECT_TITLE_IDS = text("SELECT id FROM title ORDER BY id")
SELECT_LANGUAGES = text("SELECT title_id, language FROM title_language")
SELECT_COUNTRIES = text("SELECT title_id, country FROM title_country")

CREATE_STAGING_TABLE = text(
    "CREATE TEMPORARY TABLE new_values (title_id int, scope_kind text, scope text, value float8) "
    "ON COMMIT DROP"
)
UPSERT_CHANGED = text(
    """
    INSERT INTO popularity (title_id, scope_kind, scope, value)
    SELECT f.* FROM new_values f JOIN title t ON t.id = f.title_id
    ON CONFLICT (title_id, scope_kind, scope) DO UPDATE SET value = excluded.value
    WHERE abs(popularity.value - excluded.value) > 1e-6
    RETURNING title_id
    """
)
DELETE_STALE = text(
    """
    DELETE FROM popularity p WHERE NOT EXISTS (
        SELECT FROM new_values f
        WHERE (f.title_id, f.scope_kind, f.scope) = (p.title_id, p.scope_kind, p.scope))
    RETURNING title_id
    """
)


class SourceCounts(NamedTuple):
    """The votes and the popularity of a title in one source; zero where the source has none."""

    title_id: int
    source: str
    votes: int
    popularity: float


class ScopedPopularity(NamedTuple):
    """A title's popularity within a scope, 0..1."""

    title_id: int
    kind: ScopeKind
    scope: str
    value: float


def source_counts(session: Session) -> list[SourceCounts]:
    """Return the counts of all sources."""
    return [SourceCounts(*row) for row in session.execute(SELECT_SOURCE_COUNTS)]


def title_ids(session: Session) -> list[int]:
    """Return every title."""
    return list(session.execute(SELECT_TITLE_IDS).scalars())


def title_languages(session: Session) -> list[tuple[int, str]]:
    """Return the (title, language) pairs."""
    return [(row[0], row[1]) for row in session.execute(SELECT_LANGUAGES)]


def title_countries(session: Session) -> list[tuple[int, str]]:
    """Return the (title, country) pairs."""
    return [(row[0], row[1]) for row in session.execute(SELECT_COUNTRIES)]


def replace(session: Session, rows: Iterable[ScopedPopularity]) -> list[int]:
    """Replace all popularity values and return the titles whose values changed."""
    session.execute(CREATE_STAGING_TABLE)
    cursor = session.connection().connection.cursor()
    with cursor.copy("COPY new_values FROM STDIN") as copy:
        for row in rows:
            copy.write_row((row.title_id, row.kind.value, row.scope, row.value))
    changed = {*session.execute(UPSERT_CHANGED).scalars(), *session.execute(DELETE_STALE).scalars()}
    return sorted(changed)
