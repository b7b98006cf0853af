"""The evaluation queries of the search box."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

QUERIES_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class EvaluationQuery:
    """A query and its relevant titles, by title and year."""

    query: str
    form: str
    language: str
    split: str
    relevant: frozenset[tuple[str, int | None]]


def read_queries(name: str) -> Iterator[EvaluationQuery]:
    """Yield the queries of a catalogue."""
    for line in (QUERIES_FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        fields = json.loads(line)
        titles = frozenset((title["title"], title["year"]) for title in fields.pop("titles"))
        yield EvaluationQuery(**fields, relevant=titles)
