"""The queries that the search box is evaluated on."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

QUERIES_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class EvaluationQuery:
    """A query and the titles that are right, by title and year."""

    query: str
    form: str
    language: str
    split: str
    right: frozenset[tuple[str, int | None]]


def read_queries(name: str) -> Iterator[EvaluationQuery]:
    """Yield the queries over a catalogue."""
    for line in (QUERIES_FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        asked = json.loads(line)
        right = frozenset((title["title"], title["year"]) for title in asked.pop("titles"))
        yield EvaluationQuery(**asked, right=right)
