"""Storing records: which title a record speaks of, and writing many at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlmodel import Session

from catalog.export import record_of
from catalog.merge import PEOPLE, create, merge
from catalog.record import Record
from db import changes, titles
from db.tables.titles import SourceRecord, Title, now
from vocabulary.name_folding import fold

Key = tuple[str, str] | titles.Identity
"""An external id (source, value), or the identity of last resort."""


@dataclass(slots=True)
class Stored:
    """What was done, as ids of titles."""

    created: list[int] = field(default_factory=list)
    updated: list[int] = field(default_factory=list)
    unchanged: int = 0  # records

    @property
    def touched(self) -> list[int]:
        """The titles whose vectors may be out of date."""
        return [*self.created, *self.updated]


class Importer:
    """Upserts records by external id, else by folded title, year and kind.

    What a source says first in a run is what it says; further records of the same title by the
    same source only add. So files that hold a title twice can be imported twice without change.
    """

    def __init__(self) -> None:
        self._said: set[tuple[int, str]] = set()

    def store(self, session: Session, records: Sequence[Record]) -> Stored:
        """Write a batch and log its changes; the caller commits."""
        titles.await_turn(session)
        batch = _Batch(session, records)
        for record in records:
            self._take(batch, record)
        session.flush()
        for title, record in batch.heard:
            number = _stored_id(title)
            self._said.add((number, record.source))
            session.merge(
                SourceRecord(title_id=number, source=record.source, digest=record.digest())
            )
        stored = batch.stored()
        changes.record(session, stored.touched)
        return stored

    def _take(self, batch: "_Batch", record: Record) -> None:
        found = batch.find(record)
        if found is None:
            batch.add(record)
        elif isinstance(found, int):
            self._said.add((found, record.source))
            batch.unchanged += 1
        else:
            first = (found.id or 0, record.source) not in self._said and all(
                heard is not found or said.source != record.source for heard, said in batch.heard
            )
            batch.merge(found, record, first=first)


class _Batch:
    """The titles and people that some records need, loaded with a query per table."""

    def __init__(self, session: Session, records: Sequence[Record]) -> None:
        self._session = session
        ids = {key for record in records for key in record.external_ids.items()}
        self._numbers: dict[Key, int] = {}
        known = titles.by_identities(session, {_identity(each) for each in records})
        self._numbers.update((key, number) for key, number in known.items())
        owned = titles.by_external_ids(session, ids)
        self._numbers.update((key, number) for key, number in owned.items())
        self._digests = titles.digests(session, set(self._numbers.values()))
        needed = {
            number
            for record in records
            if (number := self._number(record)) is not None and not self._known(number, record)
        }
        self._titles = {title.id: title for title in titles.whole(session, sorted(needed))}
        self._fresh: dict[Key, Title] = {}
        self._created: list[Title] = []
        self._changed: dict[int, Title] = {}
        names = {fold(part.name): part.name for record in records for part in record.people}
        self.people: PEOPLE = titles.people_by_names(session, names)
        self.heard: list[tuple[Title, Record]] = []
        self.unchanged = 0

    def find(self, record: Record) -> Title | int | None:
        """Return the title to merge into, its id when nothing is new, or none for a new one."""
        for key in _keys(record):
            if key in self._numbers:
                number = self._numbers[key]
                known = self._known(number, record) and number not in self._changed
                return number if known else self._titles.get(number, number)
            if key in self._fresh:
                return self._fresh[key]
        return None

    def add(self, record: Record) -> None:
        """Make a new title."""
        title = create(record, self.people)
        self._session.add(title)
        self._created.append(title)
        self._remember(title, record)
        self.heard.append((title, record))

    def merge(self, title: Title, record: Record, *, first: bool) -> None:
        """Bring a record into a title, which counts as changed only when it is."""
        before = record_of(title)
        said = self._without_ids_of_others(title, record)
        own = first and title.source == record.source
        merge(title, said, self.people, own=own, first=first)
        self._remember(title, said)
        if first:
            self.heard.append((title, record))
        if record_of(title) == before:
            self.unchanged += 1
        elif title.id is not None:
            title.updated_at = now()
            self._changed[title.id] = title

    def stored(self) -> Stored:
        """Return what was done, after the flush."""
        return Stored(
            [_stored_id(title) for title in self._created], list(self._changed), self.unchanged
        )

    def _without_ids_of_others(self, title: Title, record: Record) -> Record:
        """Return the record without the ids that belong to another title."""
        ids = {
            source: value
            for source, value in record.external_ids.items()
            if self._numbers.get((source, value), title.id) == title.id
            and self._fresh.get((source, value), title) is title
        }
        return record.model_copy(update={"external_ids": ids})

    def _remember(self, title: Title, record: Record) -> None:
        for key in _keys(record):
            self._fresh.setdefault(key, title)

    def _number(self, record: Record) -> int | None:
        return next((self._numbers[key] for key in _keys(record) if key in self._numbers), None)

    def _known(self, number: int, record: Record) -> bool:
        return self._digests.get((number, record.source)) == record.digest()


def _keys(record: Record) -> list[Key]:
    return [*record.external_ids.items(), _identity(record)]


def _identity(record: Record) -> titles.Identity:
    return fold(record.title), record.year, record.kind


def _stored_id(title: Title) -> int:
    if title.id is None:
        raise ValueError(f"title {title.title!r} was not flushed")
    return title.id
