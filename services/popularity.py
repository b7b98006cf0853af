"""Recomputes the popularity of titles from the votes and scores of all sources."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from db import changes, popularity
from db.popularity import ScopedPopularity
from recommend import popularity as ranks
from vocabulary.kinds import ScopeKind

Counts = dict[str, list[tuple[int, float]]]  # source to (row, count)


def refresh_popularity(writing: Session) -> int:
    """Recompute every popularity and log the titles whose global one changed; the caller commits.

    Returns the number of changed titles.
    """
    ids = popularity.title_ids(writing)
    row_of = {title_id: row for row, title_id in enumerate(ids)}
    audiences = ranks.audience_scores(len(ids), _popularity_measures(writing, row_of))
    rows = [
        ScopedPopularity(title_id, ScopeKind.GLOBAL, "", float(value))
        for title_id, value in zip(ids, audiences, strict=True)
        if value > 0
    ]
    for kind, pairs in (
        (ScopeKind.LANGUAGE, popularity.title_languages(writing)),
        (ScopeKind.COUNTRY, popularity.title_countries(writing)),
    ):
        groups: dict[str, list[int]] = defaultdict(list)
        for title_id, name in pairs:
            if title_id in row_of:
                groups[name].append(row_of[title_id])
        for name, values in ranks.popularity_within_groups(groups, audiences).items():
            members = zip(groups[name], values, strict=True)
            rows += [
                ScopedPopularity(ids[row], kind, name, float(value))
                for row, value in members
                if value
            ]
    changed = popularity.replace(writing, rows)
    changes.record(writing, changed)
    return len(changed)


def _popularity_measures(
    reading: Session, row_of: dict[int, int]
) -> Iterator[tuple[NDArray[np.int64], ranks.Values]]:
    """Yield the votes and the popularity of each source, as row numbers and values."""
    votes: Counts = defaultdict(list)
    scores: Counts = defaultdict(list)
    for counted in popularity.source_counts(reading):
        row = row_of.get(counted.title_id)
        if row is None:  # imported since the ids were read
            continue
        if counted.votes:
            votes[counted.source].append((row, counted.votes))
        if counted.popularity:
            scores[counted.source].append((row, counted.popularity))
    for pairs in [*votes.values(), *scores.values()]:
        rows, values = zip(*pairs, strict=True)
        yield np.array(rows, np.int64), np.array(values, np.float64)
