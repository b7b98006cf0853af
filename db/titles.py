"""Queries over titles; returned rows are fully loaded."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import String, any_, bindparam, func, literal, text, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import selectinload
from sqlmodel import Session, col, select

from db.advisory_locks import AdvisoryLock, lock_until_commit
from db.tables.titles import Credit, ExternalId, Person, SourceRecord, Title
from vocabulary.kinds import Kind

TitleIdentity = tuple[str, int | None, Kind]  # folded title, year, kind

EAGER_LISTS = (
    selectinload(Title.names),  # type: ignore[arg-type]  # SQLModel types a relationship as its rows
    selectinload(Title.synopses),  # type: ignore[arg-type]  # likewise, and below
    selectinload(Title.credits).selectinload(Credit.person),  # type: ignore[arg-type]
    selectinload(Title.genres),  # type: ignore[arg-type]
    selectinload(Title.keywords),  # type: ignore[arg-type]
    selectinload(Title.countries),  # type: ignore[arg-type]
    selectinload(Title.languages),  # type: ignore[arg-type]
    selectinload(Title.warnings),  # type: ignore[arg-type]
    selectinload(Title.ratings),  # type: ignore[arg-type]
    selectinload(Title.external_ids),  # type: ignore[arg-type]
    selectinload(Title.images),  # type: ignore[arg-type]
    selectinload(Title.videos),  # type: ignore[arg-type]
    selectinload(Title.availability),  # type: ignore[arg-type]
)
TITLES_PER_PAGE = 500

# Sorted, so that two concurrent writers lock rows in the same order and cannot deadlock.
INSERT_PEOPLE = text(
    "INSERT INTO person (name, folded) "
    "SELECT * FROM unnest(:names, :folded) AS new (name, folded) ORDER BY folded "
    "ON CONFLICT (folded) DO NOTHING"
).bindparams(bindparam("names", type_=ARRAY(String)), bindparam("folded", type_=ARRAY(String)))


class TitleNotFound(LookupError):
    """No title has this id."""

    def __init__(self, title_id: int) -> None:
        super().__init__(f"there is no title {title_id}")
        self.title_id = title_id


def lock_for_writing(session: Session) -> None:
    """Wait until no other transaction writes titles, and hold others back until the commit."""
    lock_until_commit(session, AdvisoryLock.TITLE_WRITER)


def get_many(session: Session, ids: Sequence[int]) -> list[Title]:
    """Return the titles that exist with all lists loaded, in the order of their ids."""
    if not ids:
        return []
    query = (
        select(Title).where(col(Title.id).in_(ids)).order_by(col(Title.id)).options(*EAGER_LISTS)
    )
    return list(session.exec(query).all())


def get(session: Session, title_id: int) -> Title | None:
    """Return a title with every list loaded."""
    return next(iter(get_many(session, [title_id])), None)


def read_all(session: Session) -> Iterator[Title]:
    """Yield every title, reading a page at a time."""
    last = 0
    while ids := ids_after(session, last, limit=TITLES_PER_PAGE):
        yield from get_many(session, ids)
        session.expunge_all()
        last = ids[-1]


def ids_after(session: Session, title_id: int, *, limit: int) -> list[int]:
    """Return the next ids after one, in order."""
    query = select(Title.id).where(col(Title.id) > title_id).order_by(col(Title.id)).limit(limit)
    return [number for number in session.exec(query) if number is not None]


def count(session: Session) -> int:
    """Return how many titles there are."""
    return session.exec(select(func.count()).select_from(Title)).one()


def ids_by_external_id(
    session: Session, ids: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    """Return the title of each (source, value) pair that has one."""
    requested = list(ids)
    if not requested:
        return {}
    query = select(ExternalId).where(
        tuple_(col(ExternalId.source), col(ExternalId.value)).in_(requested)
    )
    rows = session.exec(query)
    return {(row.source, row.value): row.title_id for row in rows if row.title_id is not None}


def external_ids_of(session: Session, ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """Return the external ids of titles, by source."""
    results: dict[int, dict[str, str]] = {}
    query = select(ExternalId).where(col(ExternalId.title_id).in_(list(ids)))
    for row in session.exec(query):
        if row.title_id is not None:
            results.setdefault(row.title_id, {})[row.source] = row.value
    return results


def ids_by_identity(
    session: Session, identities: Iterable[TitleIdentity]
) -> dict[TitleIdentity, int]:
    """Return the oldest title of each identity that exists."""
    requested = set(identities)
    if not requested:
        return {}
    query = (
        select(Title.id, Title.folded, Title.year, Title.kind)
        .where(col(Title.folded).in_({folded for folded, _, _ in requested}))
        .order_by(col(Title.id).desc())
    )
    results = {
        (row.folded, row.year, Kind(row.kind)): row.id for row in session.execute(query).all()
    }
    return {
        identity: number for identity, number in results.items() if identity in requested and number
    }


def source_digests(session: Session, ids: Iterable[int]) -> dict[tuple[int, str], str]:
    """Return the digests of the sources' last records, by (title, source)."""
    requested = list(ids)
    if not requested:
        return {}
    query = select(SourceRecord).where(col(SourceRecord.title_id).in_(requested))
    return {(row.title_id, row.source): row.digest for row in session.exec(query)}


def get_or_add_people(session: Session, names: Mapping[str, str]) -> dict[str, Person]:
    """Return people by folded name; those that do not exist are added (`names`: folded to name)."""
    known = _people_by_folded_name(session, list(names))
    new = [folded for folded in names if folded not in known]
    if not new:  # an insert that conflicts would use up an id of the sequence
        return known
    session.execute(INSERT_PEOPLE, {"names": [names[folded] for folded in new], "folded": new})
    return known | _people_by_folded_name(session, new)


def _people_by_folded_name(session: Session, folded: list[str]) -> dict[str, Person]:
    # An array: PostgreSQL accepts 65,535 parameters, and the people of a batch may be more.
    requested = any_(literal(folded, ARRAY(String)))
    query = select(Person).where(col(Person.folded) == requested)
    return {person.folded: person for person in session.exec(query)}


def remove(session: Session, ids: Sequence[int]) -> None:
    """Delete titles and everything that belongs to them."""
    for title in session.exec(select(Title).where(col(Title.id).in_(ids))):
        session.delete(title)
