"""What a visitor did becomes an account's: once, whole, and as if it had always been."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import numpy as np
import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session, SQLModel

from db import profiles, viewer_lifecycle, viewings
from db.engine import open_session
from db.interactions import Interaction
from db.tables.users import Account
from db.viewer_lifecycle import ViewerDeleted
from db.viewings import NewViewing
from recommend.event_fold import TitleRepresentation
from recommend.taste import TasteFeatures
from viewers import accounts
from viewers.account_merge import merge_visitor
from viewers.interactions import rebuild_viewer_state, record_interactions
from vocabulary.ids import TitleId
from vocabulary.kinds import Event

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
STATE_TABLES = ("standing", "taste")


class UnlimitedFeatureSource:
    """A catalogue of as many titles as anybody asks for."""

    model = "test"

    def describe(self, title_ids: Sequence[TitleId]) -> Mapping[TitleId, TitleRepresentation]:
        return {each: self._represent(each) for each in title_ids}

    def _represent(self, title_id: TitleId) -> TitleRepresentation:
        vector = np.random.default_rng(title_id).normal(size=8).astype(np.float32)
        features = TasteFeatures(languages=("te",), genres=(f"genre-{title_id % 3}",), year=2000)
        return TitleRepresentation(features, vector / np.linalg.norm(vector))


FEATURE_SOURCE = UnlimitedFeatureSource()


def make_interaction(
    title_id: int, event: Event = Event.LIKE, *, interaction_id: UUID | None = None
) -> Interaction:
    at = NOW + timedelta(minutes=title_id)
    return Interaction(id=interaction_id or uuid4(), title_id=title_id, event=event, at=at)


def create_account(writing: Session) -> UUID:
    return accounts.create(writing, f"{uuid4().hex}@example.com", password_hash="x")


def table_rows(reading: Session, table: str, viewer_id: UUID) -> list[dict[str, object]]:
    rows = reading.execute(
        text(f"SELECT * FROM {table} WHERE viewer_id = :id ORDER BY 1, 2"), {"id": viewer_id}
    )
    return [dict(row) for row in rows.mappings()]


def viewer_state_rows(reading: Session, viewer_id: UUID) -> list[list[dict[str, object]]]:
    return [table_rows(reading, table, viewer_id) for table in STATE_TABLES]


def viewer_exists(reading: Session, viewer_id: UUID) -> bool:
    asked = text("SELECT count(*) FROM viewer WHERE id = :id")
    return bool(reading.execute(asked, {"id": viewer_id}).scalar())


def test_events_of_both_count_once_and_the_taste_covers_the_whole_log(db_session: Session) -> None:
    visitor, account = uuid4(), create_account(db_session)
    same = uuid4()
    record_interactions(
        db_session,
        account,
        [
            make_interaction(1),
            make_interaction(2, Event.DISLIKE),
            make_interaction(3, interaction_id=same),
        ],
        FEATURE_SOURCE,
    )
    record_interactions(
        db_session,
        visitor,
        [
            make_interaction(1),
            make_interaction(4),
            make_interaction(3, interaction_id=same),
            make_interaction(5),
        ],
        FEATURE_SOURCE,
    )
    record_interactions(db_session, account, [make_interaction(5, Event.DISLIKE)], FEATURE_SOURCE)
    for _ in range(2):
        merge_visitor(db_session, visitor, into=account, feature_source=FEATURE_SOURCE)
    assert not viewer_exists(db_session, visitor)
    assert len(table_rows(db_session, "interaction", account)) == 7
    merged = viewer_state_rows(db_session, account)
    assert [row["title_id"] for row in merged[0]] == [1, 2, 3, 4, 5]
    assert merged[0][4]["disliked_at"] is not None
    rebuild_viewer_state(db_session, account, FEATURE_SOURCE)
    assert viewer_state_rows(db_session, account) == merged


def test_a_returning_visitor_is_merged_again(db_session: Session) -> None:
    visitor, account = uuid4(), create_account(db_session)
    for title in (1, 2):
        record_interactions(db_session, visitor, [make_interaction(title)], FEATURE_SOURCE)
        merge_visitor(db_session, visitor, into=account, feature_source=FEATURE_SOURCE)
    assert len(table_rows(db_session, "interaction", account)) == 2
    assert not viewer_exists(db_session, visitor)


def test_a_visitor_without_events_leaves_nothing(db_session: Session) -> None:
    visitor, account = uuid4(), create_account(db_session)
    merge_visitor(db_session, visitor, into=account, feature_source=FEATURE_SOURCE)
    merge_visitor(db_session, account, into=account, feature_source=FEATURE_SOURCE)
    assert (viewer_exists(db_session, visitor), viewer_exists(db_session, account)) == (False, True)
    assert viewer_state_rows(db_session, account) == [[], []]


def test_accounts_are_not_merged(db_session: Session) -> None:
    one, other = create_account(db_session), create_account(db_session)
    record_interactions(db_session, one, [make_interaction(1)], FEATURE_SOURCE)
    merge_visitor(db_session, one, into=other, feature_source=FEATURE_SOURCE)
    assert db_session.get(Account, one) is not None
    assert table_rows(db_session, "interaction", other) == []


def test_a_visitors_profile_fills_only_empty_fields(db_session: Session) -> None:
    visitor, account = uuid4(), create_account(db_session)
    nothing: dict[str, object] = {
        "birth_year": None,
        "region": None,
        "display_language": None,
        "languages": {},
        "favourite_genres": [],
        "disliked_genres": [],
        "personal_search": True,
    }
    viewer_lifecycle.lock(db_session, visitor)
    profiles.replace(
        db_session, account, {**nothing, "region": "IN-TG", "favourite_genres": ["drama"]}
    )
    said = {
        "birth_year": 1990,
        "region": "US",
        "languages": {"te": 0.5},
        "favourite_genres": ["war"],
        "disliked_genres": ["drama", "horror"],
        "personal_search": False,
    }
    profiles.replace(db_session, visitor, {**nothing, **said})
    merge_visitor(db_session, visitor, into=account, feature_source=FEATURE_SOURCE)
    found = profiles.get(db_session, account)
    assert (found.birth_year, found.region, found.languages) == (1990, "IN-TG", {"te": 0.5})
    assert (found.favourite_genres, found.disliked_genres) == (["drama"], ["horror"])
    assert found.personal_search


def test_a_visitors_profile_becomes_a_new_accounts(db_session: Session) -> None:
    visitor, account = uuid4(), create_account(db_session)
    viewer_lifecycle.lock(db_session, visitor)
    said = profiles.get(db_session, visitor).model_dump() | {"region": "IN-KA"}
    profiles.replace(db_session, visitor, said | {"personal_search": False})
    merge_visitor(db_session, visitor, into=account, feature_source=FEATURE_SOURCE)
    found = profiles.get(db_session, account)
    assert (found.region, found.personal_search) == ("IN-KA", False)


def test_open_viewings_and_searches_are_moved(db_session: Session) -> None:
    visitor, account = uuid4(), create_account(db_session)
    viewer_lifecycle.lock(db_session, visitor)
    begun = NewViewing(uuid4(), 7, "tv")
    viewings.start(db_session, visitor, begun)
    db_session.execute(
        text(
            "INSERT INTO search_query VALUES (:id, :visitor, TRUE, 'eega', 'eega', 'IN', 1, FALSE,"
            " FALSE, 1.0, now())"
        ),
        {"id": uuid4(), "visitor": visitor},
    )
    merge_visitor(db_session, visitor, into=account, feature_source=FEATURE_SOURCE)
    assert viewings.update_progress(db_session, account, begun.id, progress=0.5).progress == 0.5
    owners = db_session.execute(text("SELECT visitor_id FROM search_query")).scalars().all()
    assert owners == [account]


def test_merging_into_a_deleted_viewer_is_refused(db_session: Session) -> None:
    visitor, account = uuid4(), create_account(db_session)
    viewer_lifecycle.delete(db_session, account)
    with pytest.raises(ViewerDeleted):
        merge_visitor(db_session, visitor, into=account, feature_source=FEATURE_SOURCE)


def test_merging_covers_every_table_of_viewers() -> None:
    moved = {"profile", "interaction", "viewing", "review"}
    followed = {"standing", "taste"}  # from the interactions
    of_accounts = {"account"}  # no visitor has one
    found = {
        table.name
        for table in SQLModel.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name == "viewer"
    }
    assert found == moved | followed | of_accounts


@pytest.mark.parametrize("visitor", [UUID(int=1), UUID(int=2**128 - 1)], ids=["before", "after"])
def test_concurrent_writes_during_a_merge_are_not_lost(own_database: Engine, visitor: UUID) -> None:
    """An event of the visitor's own that comes late stays his, until he is merged again."""
    events = 25
    with open_session(own_database) as writing:
        account = create_account(writing)
        writing.commit()

    def go_on(viewer_id: UUID, first: int) -> None:
        for title in range(first, first + events):
            with open_session(own_database) as writing:
                record_interactions(writing, viewer_id, [make_interaction(title)], FEATURE_SOURCE)
                writing.commit()

    def merge_often() -> None:
        for _ in range(10):
            with open_session(own_database) as writing:
                merge_visitor(writing, visitor, into=account, feature_source=FEATURE_SOURCE)
                writing.commit()

    with ThreadPoolExecutor(4) as at_once:
        work = [at_once.submit(go_on, visitor, 1), at_once.submit(go_on, account, 101)]
        work += [at_once.submit(merge_often) for _ in range(2)]
        for each in work:
            each.result(timeout=60)
    merge_often()
    with open_session(own_database) as reading:
        assert len(table_rows(reading, "interaction", account)) == 2 * events
        assert not viewer_exists(reading, visitor)
        online = viewer_state_rows(reading, account)
        rebuild_viewer_state(reading, account, FEATURE_SOURCE)
        assert viewer_state_rows(reading, account) == online
