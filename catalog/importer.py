"""Importing records: matching them to stored titles and writing them in batches."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlmodel import Session

from catalog.export import to_record
from catalog.merge import PeopleByFoldedName, create_title, merge_record
from catalog.record import Record
from db import changes, titles
from db.tables.columns import utc_now
from db.tables.titles import SourceRecord, Title
from vocabulary.name_folding import fold

TitleKey = tuple[str, str] | titles.TitleIdentity
"""An external id (source, value), or (folded title, year, kind) if no external id matches."""


@dataclass(slots=True)
class ImportResult:
    """The titles that an import created, updated or left unchanged."""

    created_ids: list[int] = field(default_factory=list)
    updated_ids: list[int] = field(default_factory=list)
    unchanged_count: int = 0  # records

    @property
    def changed_ids(self) -> list[int]:
        """The titles whose vectors may be out of date."""
        return [*self.created_ids, *self.updated_ids]


class Importer:
    """Upserts records by external id, else by folded title, year and kind.

    Only the first record of a title from a source in a run may replace values; later ones of the
    same source only add. So a file that has a title twice can be imported again without changes.
    """

    def __init__(self) -> None:
        self._seen_sources: set[tuple[int, str]] = set()

    def store(self, session: Session, records: Sequence[Record]) -> ImportResult:
        """Store a batch and log the changes; the caller commits."""
        titles.lock_for_writing(session)
        batch = _Batch(session, records)
        for record in records:
            self._import_record(batch, record)
        session.flush()
        for title, record in batch.title_records:
            number = _flushed_id(title)
            self._seen_sources.add((number, record.source))
            session.merge(
                SourceRecord(title_id=number, source=record.source, digest=record.digest())
            )
        stored = batch.result()
        changes.record(session, stored.changed_ids)
        return stored

    def _import_record(self, batch: "_Batch", record: Record) -> None:
        match = batch.find(record)
        if match is None:
            batch.add(record)
        elif isinstance(match, int):
            self._seen_sources.add((match, record.source))
            batch.unchanged_count += 1
        else:
            first_in_run = (match.id or 0, record.source) not in self._seen_sources and all(
                title is not match or earlier.source != record.source
                for title, earlier in batch.title_records
            )
            batch.merge(match, record, first_in_run=first_in_run)


class _Batch:
    """The titles and people of some records, loaded with one query per table."""

    def __init__(self, session: Session, records: Sequence[Record]) -> None:
        self._session = session
        ids = {key for record in records for key in record.external_ids.items()}
        self._ids_by_key: dict[TitleKey, int] = {}
        known = titles.ids_by_identity(session, {_title_identity(each) for each in records})
        self._ids_by_key.update((key, number) for key, number in known.items())
        owned = titles.ids_by_external_id(session, ids)
        self._ids_by_key.update((key, number) for key, number in owned.items())
        self._digests = titles.source_digests(session, set(self._ids_by_key.values()))
        needed = {
            number
            for record in records
            if (number := self._find_id(record)) is not None and not self._is_known(number, record)
        }
        self._titles_by_id = {title.id: title for title in titles.get_many(session, sorted(needed))}
        self._batch_titles: dict[TitleKey, Title] = {}
        self._created_titles: list[Title] = []
        self._changed_titles: dict[int, Title] = {}
        names = {fold(part.name): part.name for record in records for part in record.people}
        self.people: PeopleByFoldedName = titles.get_or_add_people(session, names)
        self.title_records: list[tuple[Title, Record]] = []
        self.unchanged_count = 0

    def find(self, record: Record) -> Title | int | None:
        """Return the title to merge into, only its id if the record is unchanged, or none."""
        for key in _title_keys(record):
            if key in self._ids_by_key:
                number = self._ids_by_key[key]
                known = self._is_known(number, record) and number not in self._changed_titles
                return number if known else self._titles_by_id.get(number, number)
            if key in self._batch_titles:
                return self._batch_titles[key]
        return None

    def add(self, record: Record) -> None:
        """Create a new title."""
        title = create_title(record, self.people)
        self._session.add(title)
        self._created_titles.append(title)
        self._index_keys(title, record)
        self.title_records.append((title, record))

    def merge(self, title: Title, record: Record, *, first_in_run: bool) -> None:
        """Merge a record into a title; it counts as changed only if a field differs."""
        before = to_record(title)
        own_record = self._without_foreign_ids(title, record)
        own = first_in_run and title.source == record.source
        merge_record(title, own_record, self.people, may_correct=own, first_in_run=first_in_run)
        self._index_keys(title, own_record)
        if first_in_run:
            self.title_records.append((title, record))
        if to_record(title) == before:
            self.unchanged_count += 1
        elif title.id is not None:
            title.updated_at = utc_now()
            self._changed_titles[title.id] = title

    def result(self) -> ImportResult:
        """Return the result; call it after the flush."""
        return ImportResult(
            [_flushed_id(title) for title in self._created_titles],
            list(self._changed_titles),
            self.unchanged_count,
        )

    def _without_foreign_ids(self, title: Title, record: Record) -> Record:
        """Return the record without external ids that belong to another title."""
        ids = {
            source: value
            for source, value in record.external_ids.items()
            if self._ids_by_key.get((source, value), title.id) == title.id
            and self._batch_titles.get((source, value), title) is title
        }
        return record.model_copy(update={"external_ids": ids})

    def _index_keys(self, title: Title, record: Record) -> None:
        for key in _title_keys(record):
            self._batch_titles.setdefault(key, title)

    def _find_id(self, record: Record) -> int | None:
        return next(
            (self._ids_by_key[key] for key in _title_keys(record) if key in self._ids_by_key), None
        )

    def _is_known(self, number: int, record: Record) -> bool:
        return self._digests.get((number, record.source)) == record.digest()


def _title_keys(record: Record) -> list[TitleKey]:
    return [*record.external_ids.items(), _title_identity(record)]


def _title_identity(record: Record) -> titles.TitleIdentity:
    return fold(record.title), record.year, record.kind


def _flushed_id(title: Title) -> int:
    if title.id is None:
        raise ValueError(f"title {title.title!r} was not flushed")
    return title.id
