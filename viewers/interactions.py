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
from index.query import TitleId, Vector
from recommend import taste, title_state
from recommend.taste import Features, Taste
from recommend.title_state import Done, Standing
from viewers import taste_codec as forms
from vocabulary.kinds import Event, Space

STATE = StoredTitleState._fields[1:]  # the same names as in `Standing`
NO_MODEL = ""  # of a taste without vectors


@dataclass(frozen=True, slots=True)
class Described:
    """What a taste learns from a title; `vector` is none while it waits for one."""

    features: Features
    vector: Vector | None


class Catalogue(Protocol):
    """Titles, as tastes see them."""

    @property
    def model(self) -> str | None:
        """The model of the vectors; none without one."""
        ...

    def described(self, title_ids: Sequence[TitleId]) -> Mapping[TitleId, Described]:
        """Return what is known of the titles that exist."""
        ...


@dataclass(frozen=True, slots=True)
class Counted:
    """What was new, in order, and how much had been told before."""

    new: Sequence[Interaction]
    repeated: int

    @property
    def stored(self) -> int:
        """How much was new."""
        return len(self.new)


def hear(
    session: Session, viewer_id: UUID, told: Sequence[Interaction], catalogue: Catalogue
) -> Counted:
    """Store what a viewer did, each line once, and what follows from it; the caller commits.

    Raises `db.viewer_lifecycle.ViewerForgotten`.
    """
    viewer_lifecycle.lock(session, viewer_id)
    new = interactions.append(session, viewer_id, told)
    if done := _heard(new):
        _follow(session, viewer_id, done, catalogue)
    return Counted(new, len(told) - len(new))


def replay(session: Session, viewer_id: UUID, catalogue: Catalogue) -> int:
    """Work out a viewer's standings and taste anew, return the events; the caller commits.

    Raises `db.viewer_lifecycle.ViewerForgotten`.
    """
    viewer_lifecycle.lock(session, viewer_id)
    done = _heard(interactions.viewer_events(session, viewer_id))
    title_states.delete_all(session, viewer_id)
    tastes.delete(session, viewer_id, Space.CONTENT)
    folded = _folded(done, {}, taste.NOTHING, catalogue)
    _store(session, viewer_id, folded, catalogue)
    return len(done)


def taste_of(session: Session, viewer_id: UUID, model: str | None) -> Taste:
    """Return a viewer's taste; of another model's, what does not depend on vectors."""
    kept = tastes.read(session, viewer_id, Space.CONTENT)
    if kept is None:
        return taste.NOTHING
    return forms.taste(kept) if kept.model == (model or NO_MODEL) else forms.leanings(kept)


def standings_of(
    session: Session, viewer_id: UUID, *, limit: int | None = None
) -> dict[TitleId, Standing]:
    """Return a viewer's standings, the latest changed first; all of them without a limit."""
    return _standings(title_states.latest(session, viewer_id, limit=limit))


def known_of(session: Session, viewer_id: UUID) -> frozenset[TitleId]:
    """Return the titles that a viewer knows: of thousands, sooner than all their standings."""
    return frozenset(title_states.known_ids(session, viewer_id))


def standing_of(session: Session, viewer_id: UUID, title_id: TitleId) -> Standing:
    """Return what stands between a viewer and one title."""
    found = _standings(title_states.read_states(session, viewer_id, [title_id]))
    return found.get(title_id, title_state.NOTHING)


def _follow(session: Session, viewer_id: UUID, done: Sequence[Done], catalogue: Catalogue) -> None:
    kept = tastes.read(session, viewer_id, Space.CONTENT)
    if kept is not None and kept.model != (catalogue.model or NO_MODEL):
        replay(session, viewer_id, catalogue)
        return
    before = _standings(
        title_states.read_states(session, viewer_id, (each.title_id for each in done))
    )
    known = taste.NOTHING if kept is None else forms.taste(kept)
    after = _folded(done, before, known, catalogue)
    _store(session, viewer_id, after, catalogue)


@dataclass(frozen=True, slots=True)
class _Folded:
    """The standings that changed, and the taste, none where it did not."""

    standings: Mapping[TitleId, Standing]
    taste: Taste | None


def _folded(
    done: Sequence[Done], before: Mapping[TitleId, Standing], known: Taste, catalogue: Catalogue
) -> _Folded:
    described = catalogue.described(sorted({each.title_id for each in done}))
    standings, learnt = dict[TitleId, Standing](), known
    for each in done:
        was = standings.get(each.title_id) or before.get(each.title_id, title_state.NOTHING)
        now = title_state.after(was, each)
        if now == was:
            continue
        standings[each.title_id] = now
        about = described.get(each.title_id)
        heard = about and taste.heard(was, now, vector=about.vector, features=about.features)
        if heard:
            learnt = taste.updated(learnt, heard)
    return _Folded(standings, None if learnt is known else learnt)


def _store(session: Session, viewer_id: UUID, folded: _Folded, catalogue: Catalogue) -> None:
    title_states.store(session, viewer_id, [_kept(*each) for each in folded.standings.items()])
    learnt = folded.taste
    if learnt is not None and learnt.at is not None:
        form = forms.kept(learnt, model=catalogue.model or NO_MODEL, at=learnt.at)
        tastes.store(session, viewer_id, Space.CONTENT, form)


def _heard(told: Iterable[Interaction | ViewerEvent]) -> list[Done]:
    """Return what standings and tastes follow from; to be shown a title is not to do anything."""
    return [
        Done(
            title_id=each.title_id,
            event=each.event,
            at=each.at,
            value=each.value,
            progress=each.progress,
        )
        for each in told
        if each.event is not Event.IMPRESSION
    ]


def _standings(kept: Iterable[StoredTitleState]) -> dict[TitleId, Standing]:
    return {each.title_id: _standing(each) for each in kept}


def _standing(kept: StoredTitleState) -> Standing:
    state: dict[str, Any] = dict(zip(STATE, kept[1:], strict=True))
    return Standing(**state)


def _kept(title_id: TitleId, held: Standing) -> StoredTitleState:
    return StoredTitleState(title_id, *(getattr(held, name) for name in STATE))
