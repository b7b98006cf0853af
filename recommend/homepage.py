"""Filling the rows of a page, no title twice."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from index.query import Hit, VectorIndex
from recommend.queries import RowPlan
from vocabulary.ids import TitleId

MIN_ROW_TITLES = 3  # titles; a shorter row looks broken and is left out


@dataclass(frozen=True, slots=True)
class FilledRow:
    """A filled row."""

    plan: RowPlan
    hits: list[Hit]


def fill_rows(index: VectorIndex, plans: Iterable[RowPlan]) -> list[FilledRow]:
    """Return the rows in order; each row is the best of what earlier rows do not show."""
    shown: set[TitleId] = set()
    rows = []
    for plan in plans:
        others = replace(plan.query.filter, exclude=plan.query.filter.exclude | shown)
        hits = index.search(replace(plan.query, filter=others))
        if len(hits) >= MIN_ROW_TITLES:
            shown.update(hit.title_id for hit in hits)
            rows.append(FilledRow(plan, hits))
    return rows
