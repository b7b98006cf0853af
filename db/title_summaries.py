"""Title summaries: the facts of a title that a serving process keeps in memory."""

from collections.abc import Iterator, Sequence
from sys import intern
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from vocabulary.kinds import Kind, ScopeKind
from vocabulary.title_summary import TitleSummary

TITLES_PER_PAGE = 2000
MAX_STARS = 5  # of a title; actors billed further down attract few viewers

SELECT_SUMMARIES = text(
    """
    SELECT t.id, t.kind, t.title, t.original_title, t.original_language AS language, t.year,
        t.release_date, t.adult, t.minimum_age, t.votes, t.rating, t.runtime_minutes,
        ARRAY(SELECT genre FROM title_genre g WHERE g.title_id = t.id ORDER BY position) AS genres,
        ARRAY(SELECT language FROM title_language l WHERE l.title_id = t.id) AS languages,
        ARRAY(SELECT provider || '@' || region FROM availability a WHERE a.title_id = t.id)
            AS providers,
        ARRAY(SELECT folded FROM title_name n WHERE n.title_id = t.id ORDER BY position) AS names,
        ARRAY(SELECT DISTINCT ARRAY[p.folded, p.name]
            FROM credit c JOIN person p ON p.id = c.person_id
            WHERE c.title_id = t.id) AS people,
        ARRAY(SELECT p.name FROM credit c JOIN person p ON p.id = c.person_id
            WHERE c.title_id = t.id AND c.job IN ('director', 'creator') ORDER BY c.position)
            AS directors,
        ARRAY(SELECT p.name FROM credit c JOIN person p ON p.id = c.person_id
            WHERE c.title_id = t.id AND c.job = 'actor' ORDER BY c.position LIMIT :stars) AS stars,
        ARRAY(SELECT DISTINCT lower(character) FROM credit c
            WHERE c.title_id = t.id AND character <> '') AS characters,
        (SELECT url FROM image i WHERE i.title_id = t.id AND i.kind = 'poster'
            ORDER BY position LIMIT 1) AS poster_url,
        (SELECT jsonb_object_agg(scope_kind || ':' || scope, value) FROM popularity p
            WHERE p.title_id = t.id) AS popularity
    FROM title t WHERE t.id = ANY(:ids) ORDER BY t.id
    """
)
SELECT_IDS_AFTER = text("SELECT id FROM title WHERE id > :after ORDER BY id LIMIT :limit")


def read(session: Session, ids: Sequence[int]) -> list[TitleSummary]:
    """Return the summaries of the titles that exist, in the order of their ids."""
    rows = session.execute(SELECT_SUMMARIES, {"ids": list(ids), "stars": MAX_STARS}).mappings()
    return [_to_summary(**row) for row in rows]


def read_pages(session: Session) -> Iterator[list[TitleSummary]]:
    """Yield every summary, a page at a time."""
    after = 0
    while (
        ids := session.execute(SELECT_IDS_AFTER, {"after": after, "limit": TITLES_PER_PAGE})
        .scalars()
        .all()
    ):
        yield read(session, ids)
        after = ids[-1]


def _to_summary(
    *,
    kind: str,
    genres: list[str],
    languages: list[str],
    providers: list[str],
    names: list[str],
    people: list[tuple[str, str]],
    directors: list[str],
    stars: list[str],
    characters: list[str],
    popularity: dict[str, float] | None,
    **plain: Any,
) -> TitleSummary:
    return TitleSummary(
        kind=Kind(kind),
        genres=tuple(genres),
        languages=tuple(languages),
        providers=tuple(providers),
        names=tuple(names),
        # Interned: the same few people work on many titles.
        people=tuple(intern(folded) for folded, _ in people),
        people_names=tuple(intern(name) for _, name in people),
        directors=tuple(map(intern, directors)),
        stars=tuple(map(intern, stars)),
        characters=tuple(intern(character) for character in characters),
        popularity={_parse_scope(name): value for name, value in (popularity or {}).items()},
        **plain,
    )


def _parse_scope(name: str) -> tuple[ScopeKind, str]:
    kind, _, scope = name.partition(":")
    return ScopeKind(kind), scope
