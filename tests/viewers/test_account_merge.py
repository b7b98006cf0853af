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
from index.query import TitleId
from recommend.taste import Features
from viewers import accounts
from viewers.account_merge import merge
from viewers.interactions import Described, hear, replay
from vocabulary.kinds import Event

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
STATE = ("standing", "taste")


class Shelf:
    """A catalogue of as many titles as anybody asks for."""

    model = "test"

    def described(self, title_ids: Sequence[TitleId]) -> Mapping[TitleId, Described]:
        return {each: self._described(each) for each in title_ids}

    def _described(self, title_id: TitleId) -> Described:
        vector = np.random.default_rng(title_id).normal(size=8).astype(np.float32)
        features = Features(languages=("te",), genres=(f"genre-{title_id % 3}",), year=2000)
        return Described(features, vector / np.linalg.norm(vector))


SHELF = Shelf()


def told(title_id: int, event: Event = Event.LIKE, *, number: UUID | None = None) -> Interaction:
    at = NOW + timedelta(minutes=title_id)
    return Interaction(id=number or uuid4(), title_id=title_id, event=event, at=at)


def an_account(writing: Session) -> UUID:
    return accounts.add(writing, f"{uuid4().hex}@example.com", password_hash="x")


def all_of(reading: Session, table: str, viewer_id: UUID) -> list[dict[str, object]]:
    rows = reading.execute(
        text(f"SELECT * FROM {table} WHERE viewer_id = :id ORDER BY 1, 2"), {"id": viewer_id}
    )
    return [dict(row) for row in rows.mappings()]


def state(reading: Session, viewer_id: UUID) -> list[list[dict[str, object]]]:
    return [all_of(reading, table, viewer_id) for table in STATE]


def is_there(reading: Session, viewer_id: UUID) -> bool:
    asked = text("SELECT count(*) FROM viewer WHERE id = :id")
    return bool(reading.execute(asked, {"id": viewer_id}).scalar())


def test_what_both_told_counts_once_and_taste_is_that_of_the_whole_log(database: Session) -> None:
    visitor, account = uuid4(), an_account(database)
    same = uuid4()
    hear(database, account, [told(1), told(2, Event.DISLIKE), told(3, number=same)], SHELF)
    hear(database, visitor, [told(1), told(4), told(3, number=same), told(5)], SHELF)
    hear(database, account, [told(5, Event.DISLIKE)], SHELF)
    for _ in range(2):
        merge(database, visitor, into=account, catalogue=SHELF)
    assert not is_there(database, visitor)
    assert len(all_of(database, "interaction", account)) == 7
    merged = state(database, account)
    assert [row["title_id"] for row in merged[0]] == [1, 2, 3, 4, 5]
    assert merged[0][4]["disliked_at"] is not None
    replay(database, account, SHELF)
    assert state(database, account) == merged


def test_a_visitor_who_comes_again_is_merged_again(database: Session) -> None:
    visitor, account = uuid4(), an_account(database)
    for title in (1, 2):
        hear(database, visitor, [told(title)], SHELF)
        merge(database, visitor, into=account, catalogue=SHELF)
    assert len(all_of(database, "interaction", account)) == 2
    assert not is_there(database, visitor)


def test_who_did_nothing_leaves_nothing(database: Session) -> None:
    visitor, account = uuid4(), an_account(database)
    merge(database, visitor, into=account, catalogue=SHELF)
    merge(database, account, into=account, catalogue=SHELF)
    assert (is_there(database, visitor), is_there(database, account)) == (False, True)
    assert state(database, account) == [[], []]


def test_an_account_is_merged_into_no_other(database: Session) -> None:
    one, other = an_account(database), an_account(database)
    hear(database, one, [told(1)], SHELF)
    merge(database, one, into=other, catalogue=SHELF)
    assert database.get(Account, one) is not None
    assert all_of(database, "interaction", other) == []


def test_a_visitors_profile_fills_gaps_and_contradicts_nothing(database: Session) -> None:
    visitor, account = uuid4(), an_account(database)
    nothing: dict[str, object] = {
        "birth_year": None,
        "region": None,
        "display_language": None,
        "languages": {},
        "favourite_genres": [],
        "disliked_genres": [],
        "personal_search": True,
    }
    viewer_lifecycle.lock(database, visitor)
    profiles.replace(
        database, account, {**nothing, "region": "IN-TG", "favourite_genres": ["drama"]}
    )
    said = {
        "birth_year": 1990,
        "region": "US",
        "languages": {"te": 0.5},
        "favourite_genres": ["war"],
        "disliked_genres": ["drama", "horror"],
        "personal_search": False,
    }
    profiles.replace(database, visitor, {**nothing, **said})
    merge(database, visitor, into=account, catalogue=SHELF)
    found = profiles.get(database, account)
    assert (found.birth_year, found.region, found.languages) == (1990, "IN-TG", {"te": 0.5})
    assert (found.favourite_genres, found.disliked_genres) == (["drama"], ["horror"])
    assert found.personal_search


def test_a_visitors_profile_becomes_a_new_accounts(database: Session) -> None:
    visitor, account = uuid4(), an_account(database)
    viewer_lifecycle.lock(database, visitor)
    said = profiles.get(database, visitor).model_dump() | {"region": "IN-KA"}
    profiles.replace(database, visitor, said | {"personal_search": False})
    merge(database, visitor, into=account, catalogue=SHELF)
    found = profiles.get(database, account)
    assert (found.region, found.personal_search) == ("IN-KA", False)


def test_viewings_under_way_and_searches_go_along(database: Session) -> None:
    visitor, account = uuid4(), an_account(database)
    viewer_lifecycle.lock(database, visitor)
    begun = NewViewing(uuid4(), 7, "tv")
    viewings.start(database, visitor, begun)
    database.execute(
        text(
            "INSERT INTO search_query VALUES (:id, :visitor, TRUE, 'eega', 'eega', 'IN', 1, FALSE,"
            " FALSE, 1.0, now())"
        ),
        {"id": uuid4(), "visitor": visitor},
    )
    merge(database, visitor, into=account, catalogue=SHELF)
    assert viewings.update_progress(database, account, begun.id, progress=0.5).progress == 0.5
    owners = database.execute(text("SELECT visitor_id FROM search_query")).scalars().all()
    assert owners == [account]


def test_nobody_is_merged_into_who_was_forgotten(database: Session) -> None:
    visitor, account = uuid4(), an_account(database)
    viewer_lifecycle.delete(database, account)
    with pytest.raises(ViewerDeleted):
        merge(database, visitor, into=account, catalogue=SHELF)


def test_every_table_of_a_viewer_is_known_to_merging() -> None:
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
def test_merging_while_both_go_on_loses_nothing(own: Engine, visitor: UUID) -> None:
    """An event of the visitor's own that comes late stays his, until he is merged again."""
    events = 25
    with open_session(own) as writing:
        account = an_account(writing)
        writing.commit()

    def go_on(viewer_id: UUID, first: int) -> None:
        for title in range(first, first + events):
            with open_session(own) as writing:
                hear(writing, viewer_id, [told(title)], SHELF)
                writing.commit()

    def merge_often() -> None:
        for _ in range(10):
            with open_session(own) as writing:
                merge(writing, visitor, into=account, catalogue=SHELF)
                writing.commit()

    with ThreadPoolExecutor(4) as at_once:
        work = [at_once.submit(go_on, visitor, 1), at_once.submit(go_on, account, 101)]
        work += [at_once.submit(merge_often) for _ in range(2)]
        for each in work:
            each.result(timeout=60)
    merge_often()
    with open_session(own) as reading:
        assert len(all_of(reading, "interaction", account)) == 2 * events
        assert not is_there(reading, visitor)
        online = state(reading, account)
        replay(reading, account, SHELF)
        assert state(reading, account) == online
