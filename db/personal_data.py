"""All data stored about a viewer, section by section, each row as JSON.

Rows are exported whole (`to_jsonb`), so that a column added later is included. Left out are the
viewer's id, which the first section has, and the password hash, which would only be a risk.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

ROWS_PER_FETCH = 500


@dataclass(frozen=True, slots=True)
class PersonalDataSection:
    """A section of the export and the tables it covers; `single` sections have one row at most."""

    name: str
    tables: tuple[str, ...]
    query: str
    single: bool = False


SECTIONS = (
    PersonalDataSection(
        "viewer", ("viewer",), "SELECT to_jsonb(v) FROM viewer v WHERE id = :id", single=True
    ),
    PersonalDataSection(
        "account",
        ("account",),
        """
        SELECT to_jsonb(a) - '{viewer_id,password_hash}'::text[]
            || jsonb_build_object('has_password', password_hash IS NOT NULL)
        FROM account a WHERE viewer_id = :id
        """,
        single=True,
    ),
    PersonalDataSection(
        "signs_in_through",
        ("provider_identity",),
        """
        SELECT to_jsonb(p) - 'viewer_id' FROM provider_identity p
        WHERE viewer_id = :id ORDER BY issuer, subject
        """,
    ),
    PersonalDataSection(
        "sign_ins",
        ("sign_in", "refresh_token"),
        """
        SELECT to_jsonb(s) - 'viewer_id' || jsonb_build_object('refreshed', (
            SELECT coalesce(jsonb_agg(to_jsonb(r) - 'sign_in_id' ORDER BY issued_at), '[]')
            FROM refresh_token r WHERE r.sign_in_id = s.id))
        FROM sign_in s WHERE viewer_id = :id ORDER BY created_at
        """,
    ),
    PersonalDataSection(
        "profile",
        ("profile",),
        "SELECT to_jsonb(p) - 'viewer_id' FROM profile p WHERE viewer_id = :id",
        single=True,
    ),
    PersonalDataSection(
        "interactions",
        ("interaction",),
        """
        SELECT to_jsonb(i) - 'viewer_id' || jsonb_build_object('title', t.title)
        FROM interaction i LEFT JOIN title t ON t.id = i.title_id
        WHERE viewer_id = :id ORDER BY i.id
        """,
    ),
    PersonalDataSection(
        "titles",  # lists, ratings and progress
        ("standing",),
        """
        SELECT jsonb_strip_nulls(to_jsonb(s) - 'viewer_id' || jsonb_build_object('title', t.title))
        FROM standing s LEFT JOIN title t ON t.id = s.title_id
        WHERE viewer_id = :id ORDER BY s.title_id
        """,
    ),
    PersonalDataSection(
        "taste",
        ("taste",),
        """
        SELECT to_jsonb(t) - '{viewer_id,vectors}'::text[]
            || jsonb_build_object('vectors_float32_base64',
                translate(encode(vectors, 'base64'), chr(10), ''))
        FROM taste t WHERE viewer_id = :id ORDER BY space
        """,
    ),
    PersonalDataSection(
        "viewings",
        ("viewing",),
        """
        SELECT to_jsonb(v) - 'viewer_id' || jsonb_build_object('title', t.title)
        FROM viewing v LEFT JOIN title t ON t.id = v.title_id
        WHERE viewer_id = :id ORDER BY started_at, v.id
        """,
    ),
    PersonalDataSection(
        "reviews",
        ("review",),
        """
        SELECT to_jsonb(r) - 'viewer_id' || jsonb_build_object('title', t.title)
        FROM review r LEFT JOIN title t ON t.id = r.title_id
        WHERE viewer_id = :id ORDER BY r.id
        """,
    ),
    PersonalDataSection(
        "searches",
        ("search_query", "search_click"),
        """
        SELECT to_jsonb(q) - 'visitor_id' || jsonb_build_object('opened', (
            SELECT coalesce(jsonb_agg(
                to_jsonb(c) - 'search_id' || jsonb_build_object('title', t.title) ORDER BY c.at),
                '[]')
            FROM search_click c LEFT JOIN title t ON t.id = c.title_id WHERE c.search_id = q.id))
        FROM search_query q WHERE visitor_id = :id ORDER BY at
        """,
    ),
)


def begin_snapshot(session: Session) -> None:
    """Read all sections as of one moment, times in UTC; call it before any query."""
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    session.execute(text("SET LOCAL TimeZone TO 'UTC'"))


def stream_rows(session: Session, section: PersonalDataSection, viewer_id: UUID) -> Iterator[str]:
    """Yield the rows of a section, each a JSON object, without holding all of them."""
    query = text(f"SELECT CAST(data AS text) FROM ({section.query}) AS s (data)")  # noqa: S608  # ours
    options = {"stream_results": True, "yield_per": ROWS_PER_FETCH}
    with session.execute(query, {"id": viewer_id}, execution_options=options) as rows:
        yield from rows.scalars()
