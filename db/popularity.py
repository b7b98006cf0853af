"""What popularity is computed from, and where it is kept."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import Session

from vocabulary.kinds import ScopeKind

COUNTED = text(
    """
    SELECT title_id, source, coalesce(votes, 0), coalesce(popularity, 0) FROM rating
    WHERE votes > 0 OR popularity > 0
    """
)
IDS = text("SELECT id FROM title ORDER BY id")
LANGUAGES = text("SELECT title_id, language FROM title_language")
COUNTRIES = text("SELECT title_id, country FROM title_country")

STAGE = text(
    "CREATE TEMPORARY TABLE fresh (title_id int, scope_kind text, scope text, value float8) "
    "ON COMMIT DROP"
)
WRITE = text(
    """
    INSERT INTO popularity (title_id, scope_kind, scope, value)
    SELECT f.* FROM fresh f JOIN title t ON t.id = f.title_id
    ON CONFLICT (title_id, scope_kind, scope) DO UPDATE SET value = excluded.value
    WHERE abs(popularity.value - excluded.value) > 1e-6
    RETURNING title_id
    """
)
FORGET = text(
    """
    DELETE FROM popularity p WHERE NOT EXISTS (
        SELECT FROM fresh f
        WHERE (f.title_id, f.scope_kind, f.scope) = (p.title_id, p.scope_kind, p.scope))
    RETURNING title_id
    """
)


class Counted(NamedTuple):
    """What one source counts for a title; zero where it does not."""

    title_id: int
    source: str
    votes: int
    popularity: float


class Scoped(NamedTuple):
    """A title's popularity within a scope, 0..1."""

    title_id: int
    kind: ScopeKind
    scope: str
    value: float


def counted(session: Session) -> list[Counted]:
    """Return everything that sources count."""
    return [Counted(*row) for row in session.execute(COUNTED)]


def title_ids(session: Session) -> list[int]:
    """Return every title."""
    return list(session.execute(IDS).scalars())


def languages(session: Session) -> list[tuple[int, str]]:
    """Return the (title, language) pairs."""
    return [(row[0], row[1]) for row in session.execute(LANGUAGES)]


def countries(session: Session) -> list[tuple[int, str]]:
    """Return the (title, country) pairs."""
    return [(row[0], row[1]) for row in session.execute(COUNTRIES)]


def replace(session: Session, rows: Iterable[Scoped]) -> list[int]:
    """Write every popularity anew and return the titles whose own changed."""
    session.execute(STAGE)
    cursor = session.connection().connection.cursor()
    with cursor.copy("COPY fresh FROM STDIN") as copy:
        for row in rows:
            copy.write_row((row.title_id, row.kind.value, row.scope, row.value))
    changed = {*session.execute(WRITE).scalars(), *session.execute(FORGET).scalars()}
    return sorted(changed)
