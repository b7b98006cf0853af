"""Index entries with defaults, and searching a few of them."""

from index.memory import MemoryIndex
from index.query import Attributes, IndexEntry, Query
from vocabulary.kinds import Kind


def make_entry(title_id: int, **fields: object) -> IndexEntry:
    plain = {"kind": Kind.MOVIE, "languages": frozenset({"te"})}
    attributes = {name: fields.pop(name) for name in list(fields) if name in Attributes.__slots__}
    return IndexEntry(title_id=title_id, attributes=Attributes(**plain | attributes), **fields)  # type: ignore[arg-type]  # fields by name


def search_ids(query: Query, *entries: IndexEntry) -> list[int]:
    return [hit.title_id for hit in MemoryIndex(entries).search(query)]
