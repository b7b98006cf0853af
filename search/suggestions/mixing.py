"""One list of suggestions from titles, people and topics."""

from collections.abc import Sequence

from search.suggestions.prefix_matching import (
    ALL_WORDS_QUALITY,
    MIN_CERTAIN_QUALITY,
    NAME_START_QUALITY,
)
from search.suggestions.suggestion import Suggestion, SuggestionKind

MAX_TOPICS, MAX_QUERIES = 2, 2


def mix(
    titles: list[Suggestion],
    people: list[Suggestion],
    topics: list[Suggestion],
    limit: int,
) -> list[Suggestion]:
    """Return mostly titles with a few others; groups with certain matches come before guesses."""
    if any(map(is_certain, [*titles, *people, *topics])):
        people, topics = list(filter(is_certain, people)), list(filter(is_certain, topics))
    if any(each.quality >= NAME_START_QUALITY for each in [*people, *topics]):
        titles = [each for each in titles if each.quality >= ALL_WORDS_QUALITY]
    names = {name for each in [*titles, *people] for name in each.folded_names}
    queries = [
        each
        for each in topics
        if each.kind is SuggestionKind.QUERY and not names & each.folded_names
    ]
    groups = [
        people,
        [each for each in topics if each.kind is not SuggestionKind.QUERY][:MAX_TOPICS],
        queries[:MAX_QUERIES],
    ]
    min_titles = max(limit - sum(map(len, groups)), (limit + 1) // 2)
    others = _interleave(groups)[: limit - min(len(titles), min_titles)]
    groups = [[each for each in group if each in others] for group in groups]
    ordered = sorted([titles[: limit - len(others)], *groups], key=_group_order)
    return [each for group in ordered for each in group]


def is_certain(suggestion: Suggestion) -> bool:
    """Return whether a suggestion matches as typed, neither guessed nor with reordered words."""
    return suggestion.quality > MIN_CERTAIN_QUALITY


def _interleave(groups: Sequence[Sequence[Suggestion]]) -> list[Suggestion]:
    """Return the first of each group by quality, then the second of each, and so on."""
    ranked = [(rank, -each.quality, each) for group in groups for rank, each in enumerate(group)]
    return [each for _, _, each in sorted(ranked, key=lambda item: item[:2])]


def _group_order(group: Sequence[Suggestion]) -> tuple[int, bool, float]:
    """Return the sort key of a group: how certain its best is, titles first, then its quality."""
    best = max((each.quality for each in group), default=0.0)
    has_titles = any(each.kind is SuggestionKind.TITLE for each in group)
    uncertainty = 0 if best > MIN_CERTAIN_QUALITY else 1 if best >= ALL_WORDS_QUALITY else 2
    return uncertainty, not has_titles, -best
