"""Queries over titles; every function takes the session first and returns loaded rows."""

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
TITLES_PER_PAGE = 500  # titles read at once when all are wanted

# Sorted, so that two writers at once lock in the same order and never wait for each other.
INSERT_PEOPLE = text(
    "INSERT INTO person (name, folded) "
    "SELECT * FROM unnest(:names, :folded) AS new (name, folded) ORDER BY folded "
    "ON CONFLICT (folded) DO NOTHING"
).bindparams(bindparam("names", type_=ARRAY(String)), bindparam("folded", type_=ARRAY(String)))


def lock_for_writing(session: Session) -> None:
    """Wait until no other transaction writes titles, and hold others back until the commit."""
    lock_until_commit(session, AdvisoryLock.TITLE_WRITER)


def get_many(session: Session, ids: Sequence[int]) -> list[Title]:
    """Return the titles that exist, every list of theirs loaded, in the order of their ids."""
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
    """Yield every title, a page at a time, letting go of each page."""
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
    """Return the titles that own some of the (source, value) pairs."""
    wanted = list(ids)
    if not wanted:
        return {}
    query = select(ExternalId).where(
        tuple_(col(ExternalId.source), col(ExternalId.value)).in_(wanted)
    )
    rows = session.exec(query)
    return {(row.source, row.value): row.title_id for row in rows if row.title_id is not None}


def external_ids_of(session: Session, ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """Return what other sources call the titles, by source."""
    found: dict[int, dict[str, str]] = {}
    query = select(ExternalId).where(col(ExternalId.title_id).in_(list(ids)))
    for row in session.exec(query):
        if row.title_id is not None:
            found.setdefault(row.title_id, {})[row.source] = row.value
    return found


def ids_by_identity(
    session: Session, identities: Iterable[TitleIdentity]
) -> dict[TitleIdentity, int]:
    """Return the oldest title of each identity that exists."""
    wanted = set(identities)
    if not wanted:
        return {}
    query = (
        select(Title.id, Title.folded, Title.year, Title.kind)
        .where(col(Title.folded).in_({folded for folded, _, _ in wanted}))
        .order_by(col(Title.id).desc())
    )
    found = {(row.folded, row.year, Kind(row.kind)): row.id for row in session.execute(query).all()}
    return {identity: number for identity, number in found.items() if identity in wanted and number}


def source_digests(session: Session, ids: Iterable[int]) -> dict[tuple[int, str], str]:
    """Return what each source last said of the titles, by (title, source)."""
    wanted = list(ids)
    if not wanted:
        return {}
    query = select(SourceRecord).where(col(SourceRecord.title_id).in_(wanted))
    return {(row.title_id, row.source): row.digest for row in session.exec(query)}


def get_or_add_people(session: Session, names: Mapping[str, str]) -> dict[str, Person]:
    """Return the people of these folded names, adding those not known yet under their names."""
    known = _people_by_folded_name(session, list(names))
    new = [folded for folded in names if folded not in known]
    if not new:  # a conflict would use up a number of the sequence
        return known
    session.execute(INSERT_PEOPLE, {"names": [names[folded] for folded in new], "folded": new})
    return known | _people_by_folded_name(session, new)


def _people_by_folded_name(session: Session, folded: list[str]) -> dict[str, Person]:
    # An array, since PostgreSQL takes 65,535 parameters and full casts are more.
    wanted = any_(literal(folded, ARRAY(String)))
    query = select(Person).where(col(Person.folded) == wanted)
    return {person.folded: person for person in session.exec(query)}


def remove(session: Session, ids: Sequence[int]) -> None:
    """Delete titles and all that belongs to them."""
    for title in session.exec(select(Title).where(col(Title.id).in_(ids))):
        session.delete(title)
