"""Recording what viewers do, and updating their title states and tastes in the same transaction.

A viewer's events are numbered in the order of their commits and folded in that order, so that
`rebuild_viewer_state` gives exactly the same state, to the last bit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlmodel import Session

from db import interactions, tastes, title_states, viewer_lifecycle
from db.interactions import Interaction, ViewerEvent
from db.title_states import StoredTitleState
from recommend.event_fold import TitleRepresentation, fold_events
from recommend.taste import EMPTY_TASTE, Taste
from recommend.title_state import EMPTY_STATE, TitleEvent, TitleState
from viewers import taste_codec
from vocabulary.ids import TitleId
from vocabulary.kinds import Event, Space

STATE_FIELDS = StoredTitleState._fields[1:]  # the same names as in `TitleState`
NO_MODEL = ""  # stored for a taste without vectors


class TitleFeatureSource(Protocol):
    """Gives the vectors and features of titles."""

    @property
    def model(self) -> str | None:
        """The model of the vectors; none if there is no embedder."""
        ...

    def describe(self, title_ids: Sequence[TitleId]) -> Mapping[TitleId, TitleRepresentation]:
        """Return the representations of the titles that exist."""
        ...


@dataclass(frozen=True, slots=True)
class RecordResult:
    """The new events, in order, and how many were stored before."""

    new: Sequence[Interaction]
    repeated_count: int

    @property
    def stored_count(self) -> int:
        """The number of new events."""
        return len(self.new)


def record_interactions(
    session: Session,
    viewer_id: UUID,
    events: Sequence[Interaction],
    feature_source: TitleFeatureSource,
) -> RecordResult:
    """Store a viewer's events, each once, and update states and taste; the caller commits.

    Raises `db.viewer_lifecycle.ViewerDeleted`.
    """
    viewer_lifecycle.lock(session, viewer_id)
    new = interactions.append(session, viewer_id, events)
    if title_events := _title_events(new):
        _update_viewer_state(session, viewer_id, title_events, feature_source)
    return RecordResult(new, len(events) - len(new))


def rebuild_viewer_state(
    session: Session, viewer_id: UUID, feature_source: TitleFeatureSource
) -> int:
    """Recompute a viewer's title states and taste; return how many events; the caller commits.

    Raises `db.viewer_lifecycle.ViewerDeleted`.
    """
    viewer_lifecycle.lock(session, viewer_id)
    events = _title_events(interactions.viewer_events(session, viewer_id))
    title_states.delete_all(session, viewer_id)
    tastes.delete(session, viewer_id, Space.CONTENT)
    _fold_and_store(session, viewer_id, events, {}, EMPTY_TASTE, feature_source)
    return len(events)


def read_taste(session: Session, viewer_id: UUID, model: str | None) -> Taste:
    """Return a viewer's taste; if it is of another model, only its affinities."""
    stored = tastes.read(session, viewer_id, Space.CONTENT)
    if stored is None:
        return EMPTY_TASTE
    same_model = stored.model == (model or NO_MODEL)
    return taste_codec.decode_taste(stored) if same_model else taste_codec.decode_affinities(stored)


def read_title_states(
    session: Session, viewer_id: UUID, *, limit: int | None = None
) -> dict[TitleId, TitleState]:
    """Return a viewer's title states, the latest changed first; all of them without a limit."""
    return _to_title_states(title_states.latest(session, viewer_id, limit=limit))


def read_known_ids(session: Session, viewer_id: UUID) -> frozenset[TitleId]:
    """Return the titles that a viewer knows; quicker than reading thousands of states."""
    return frozenset(title_states.known_ids(session, viewer_id))


def read_title_state(session: Session, viewer_id: UUID, title_id: TitleId) -> TitleState:
    """Return the state of one title for a viewer."""
    states = _to_title_states(title_states.read_states(session, viewer_id, [title_id]))
    return states.get(title_id, EMPTY_STATE)


def _update_viewer_state(
    session: Session,
    viewer_id: UUID,
    events: Sequence[TitleEvent],
    feature_source: TitleFeatureSource,
) -> None:
    stored = tastes.read(session, viewer_id, Space.CONTENT)
    if stored is not None and stored.model != (feature_source.model or NO_MODEL):
        rebuild_viewer_state(session, viewer_id, feature_source)
        return
    before = _to_title_states(
        title_states.read_states(session, viewer_id, (each.title_id for each in events))
    )
    taste = EMPTY_TASTE if stored is None else taste_codec.decode_taste(stored)
    _fold_and_store(session, viewer_id, events, before, taste, feature_source)


def _fold_and_store(
    session: Session,
    viewer_id: UUID,
    events: Sequence[TitleEvent],
    before: Mapping[TitleId, TitleState],
    taste: Taste,
    feature_source: TitleFeatureSource,
) -> None:
    representations = feature_source.describe(sorted({each.title_id for each in events}))
    result = fold_events(events, before, taste, representations)
    title_states.store(
        session, viewer_id, [_to_row(*each) for each in result.changed_states.items()]
    )
    if result.taste is not taste and result.taste.as_of is not None:
        row = taste_codec.encode_taste(
            result.taste, model=feature_source.model or NO_MODEL, at=result.taste.as_of
        )
        tastes.store(session, viewer_id, Space.CONTENT, row)


def _title_events(events: Iterable[Interaction | ViewerEvent]) -> list[TitleEvent]:
    """Return the events that change states and tastes: all but impressions."""
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
