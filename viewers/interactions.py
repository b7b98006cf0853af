"""What a viewer does, and what follows from it in the same transaction: standings and taste.

Lines of one viewer are numbered in the order in which they are committed, and everything is folded
in that order; so `replay` over the log leads to the very same state, to the last bit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlmodel import Session

from db import interactions, tastes, title_states, viewer_lifecycle
from db.interactions import Interaction, ViewerEvent
from db.title_states import StoredTitleState
from recommend import taste, title_state
from recommend.taste import Taste, TasteFeatures
from recommend.title_state import TitleEvent, TitleState
from viewers import taste_codec as forms
from vocabulary.arrays import Vector
from vocabulary.ids import TitleId
from vocabulary.kinds import Event, Space

STATE_FIELDS = StoredTitleState._fields[1:]  # the same names as in `Standing`
NO_MODEL = ""  # of a taste without vectors


@dataclass(frozen=True, slots=True)
class TitleRepresentation:
    """What a taste learns from a title; `vector` is none while it waits for one."""

    features: TasteFeatures
    vector: Vector | None


class TitleFeatureSource(Protocol):
    """Titles, as tastes see them."""

    @property
    def model(self) -> str | None:
        """The model of the vectors; none without one."""
        ...

    def describe(self, title_ids: Sequence[TitleId]) -> Mapping[TitleId, TitleRepresentation]:
        """Return what is known of the titles that exist."""
        ...


@dataclass(frozen=True, slots=True)
class RecordResult:
    """What was new, in order, and how much had been told before."""

    new: Sequence[Interaction]
    repeated_count: int

    @property
    def stored_count(self) -> int:
        """How much was new."""
        return len(self.new)


def record_interactions(
    session: Session,
    viewer_id: UUID,
    events: Sequence[Interaction],
    feature_source: TitleFeatureSource,
) -> RecordResult:
    """Store what a viewer did, each line once, and what follows from it; the caller commits.

    Raises `db.viewer_lifecycle.ViewerForgotten`.
    """
    viewer_lifecycle.lock(session, viewer_id)
    new = interactions.append(session, viewer_id, events)
    if done := _title_events(new):
        _update_viewer_state(session, viewer_id, done, feature_source)
    return RecordResult(new, len(events) - len(new))


def rebuild_viewer_state(
    session: Session, viewer_id: UUID, feature_source: TitleFeatureSource
) -> int:
    """Work out a viewer's standings and taste anew, return the events; the caller commits.

    Raises `db.viewer_lifecycle.ViewerForgotten`.
    """
    viewer_lifecycle.lock(session, viewer_id)
    done = _title_events(interactions.viewer_events(session, viewer_id))
    title_states.delete_all(session, viewer_id)
    tastes.delete(session, viewer_id, Space.CONTENT)
    folded = _fold_events(done, {}, taste.EMPTY_TASTE, feature_source)
    _store(session, viewer_id, folded, feature_source)
    return len(done)


def read_taste(session: Session, viewer_id: UUID, model: str | None) -> Taste:
    """Return a viewer's taste; of another model's, what does not depend on vectors."""
    kept = tastes.read(session, viewer_id, Space.CONTENT)
    if kept is None:
        return taste.EMPTY_TASTE
    return (
        forms.decode_taste(kept)
        if kept.model == (model or NO_MODEL)
        else forms.decode_affinities(kept)
    )


def read_title_states(
    session: Session, viewer_id: UUID, *, limit: int | None = None
) -> dict[TitleId, TitleState]:
    """Return a viewer's standings, the latest changed first; all of them without a limit."""
    return _to_title_states(title_states.latest(session, viewer_id, limit=limit))


def read_known_ids(session: Session, viewer_id: UUID) -> frozenset[TitleId]:
    """Return the titles that a viewer knows: of thousands, sooner than all their standings."""
    return frozenset(title_states.known_ids(session, viewer_id))


def read_title_state(session: Session, viewer_id: UUID, title_id: TitleId) -> TitleState:
    """Return what stands between a viewer and one title."""
    found = _to_title_states(title_states.read_states(session, viewer_id, [title_id]))
    return found.get(title_id, title_state.EMPTY_STATE)


def _update_viewer_state(
    session: Session,
    viewer_id: UUID,
    events: Sequence[TitleEvent],
    feature_source: TitleFeatureSource,
) -> None:
    kept = tastes.read(session, viewer_id, Space.CONTENT)
    if kept is not None and kept.model != (feature_source.model or NO_MODEL):
        rebuild_viewer_state(session, viewer_id, feature_source)
        return
    before = _to_title_states(
        title_states.read_states(session, viewer_id, (each.title_id for each in events))
    )
    known = taste.EMPTY_TASTE if kept is None else forms.decode_taste(kept)
    after = _fold_events(events, before, known, feature_source)
    _store(session, viewer_id, after, feature_source)


@dataclass(frozen=True, slots=True)
class _ViewerState:
    """The standings that changed, and the taste, none where it did not."""

    title_states: Mapping[TitleId, TitleState]
    taste: Taste | None


def _fold_events(
    events: Sequence[TitleEvent],
    before: Mapping[TitleId, TitleState],
    initial_taste: Taste,
    feature_source: TitleFeatureSource,
) -> _ViewerState:
    described = feature_source.describe(sorted({each.title_id for each in events}))
    standings, learnt = dict[TitleId, TitleState](), initial_taste
    for each in events:
        was = standings.get(each.title_id) or before.get(each.title_id, title_state.EMPTY_STATE)
        now = title_state.apply_event(was, each)
        if now == was:
            continue
        standings[each.title_id] = now
        about = described.get(each.title_id)
        heard = about and taste.compare_opinions(
            was, now, vector=about.vector, features=about.features
        )
        if heard:
            learnt = taste.update_taste(learnt, heard)
    return _ViewerState(standings, None if learnt is initial_taste else learnt)


def _store(
    session: Session,
    viewer_id: UUID,
    viewer_state: _ViewerState,
    feature_source: TitleFeatureSource,
) -> None:
    title_states.store(
        session, viewer_id, [_to_row(*each) for each in viewer_state.title_states.items()]
    )
    learnt = viewer_state.taste
    if learnt is not None and learnt.as_of is not None:
        form = forms.encode_taste(learnt, model=feature_source.model or NO_MODEL, at=learnt.as_of)
        tastes.store(session, viewer_id, Space.CONTENT, form)


def _title_events(events: Iterable[Interaction | ViewerEvent]) -> list[TitleEvent]:
    """Return what standings and tastes follow from; to be shown a title is not to do anything."""
    return [
        TitleEvent(
            title_id=each.title_id,
            event=each.event,
            at=each.at,
            value=each.value,
            progress=each.progress,
        )
        for each in events
        if each.event is not Event.IMPRESSION
    ]


def _to_title_states(rows: Iterable[StoredTitleState]) -> dict[TitleId, TitleState]:
    return {each.title_id: _to_title_state(each) for each in rows}


def _to_title_state(row: StoredTitleState) -> TitleState:
    state: dict[str, Any] = dict(zip(STATE_FIELDS, row[1:], strict=True))
    return TitleState(**state)


def _to_row(title_id: TitleId, state: TitleState) -> StoredTitleState:
    return StoredTitleState(title_id, *(getattr(state, name) for name in STATE_FIELDS))
