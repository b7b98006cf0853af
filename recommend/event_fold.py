"""Folding events, in the order in which they were received, into title states and a taste."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recommend.taste import Taste, TasteFeatures
from recommend.taste_update import compare_opinions, update_taste
from recommend.title_state import EMPTY_STATE, TitleEvent, TitleState, apply_event
from vocabulary.arrays import Vector
from vocabulary.ids import TitleId


@dataclass(frozen=True, slots=True)
class TitleRepresentation:
    """What a taste learns from a title; `vector` is none until the title is embedded."""

    features: TasteFeatures
    vector: Vector | None


@dataclass(frozen=True, slots=True)
class FoldResult:
    """The title states that changed, and the taste after all events."""

    changed_states: dict[TitleId, TitleState]
    taste: Taste


def fold_events(
    events: Sequence[TitleEvent],
    title_states: Mapping[TitleId, TitleState],
    taste: Taste,
    representations: Mapping[TitleId, TitleRepresentation],
) -> FoldResult:
    """Apply events to title states and a taste; a deleted title has no representation."""
    changed: dict[TitleId, TitleState] = {}
    for event in events:
        title_id = event.title_id
        before = changed.get(title_id) or title_states.get(title_id, EMPTY_STATE)
        after = apply_event(before, event)
        if after == before:
            continue
        changed[title_id] = after
        title = representations.get(title_id)
        change = title and compare_opinions(
            before, after, vector=title.vector, features=title.features
        )
        if change:
            taste = update_taste(taste, change)
    return FoldResult(changed, taste)
