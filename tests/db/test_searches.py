from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlmodel import Session

from db import searches
from tests.db.search_log_entries import (
    ANNA,
    BALA,
    CHITRA,
    LONG_AGO,
    make_click,
    make_search,
)


def history_texts(session: Session, visitor: UUID = ANNA) -> list[str]:
    return [past.text for past in searches.history(session, visitor, limit=99, offset=0)]


def count_rows(session: Session, table: str) -> int:
    return int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_the_history_has_each_text_once_the_latest_first(db_session: Session) -> None:
    make_search(db_session, "Eega", seconds_ago=300)
    make_search(db_session, "96", seconds_ago=200)
    make_search(db_session, "EEGA!", seconds_ago=100)
    make_search(db_session, "kantara", BALA)
    assert history_texts(db_session) == ["EEGA!", "96"]
    assert searches.count(db_session, ANNA) == 2
    assert [past.text for past in searches.history(db_session, ANNA, limit=1, offset=1)] == ["96"]


def test_typing_on_replaces_the_shorter_query(db_session: Session) -> None:
    for ago_s, typed in enumerate(["magadheera", "magadhee", "magad", "mag", "ma"]):
        make_search(db_session, typed, seconds_ago=10 - ago_s)
    assert history_texts(db_session) == ["ma"]
    assert count_rows(db_session, "search_query") == 1


def test_backspacing_is_not_a_new_search(db_session: Session) -> None:
    for ago_s, typed in ((4, "magadhra"), (3, "magadh"), (2, "magadheera")):
        make_search(db_session, typed, seconds_ago=ago_s)
    assert history_texts(db_session) == ["magadheera"]


def test_a_search_that_arrives_late_does_not_replace_a_newer_one(db_session: Session) -> None:
    make_search(db_session, "kan", seconds_ago=4)
    make_search(db_session, "kantara", seconds_ago=2)
    make_search(db_session, "kanta", seconds_ago=3)
    assert history_texts(db_session) == ["kantara"]
    make_search(db_session, "kantara", seconds_ago=1)
    make_search(db_session, "eega", seconds_ago=0.5)
    make_search(db_session, "ee", seconds_ago=20)  # stood until it was found
    assert history_texts(db_session) == ["eega", "kantara", "ee"]


def test_a_query_that_stayed_for_a_while_is_not_replaced(db_session: Session) -> None:
    make_search(db_session, "baahu", seconds_ago=searches.TYPING_PAUSE_S + 1)
    make_search(db_session, "baahubali")
    assert history_texts(db_session) == ["baahubali", "baahu"]


def test_a_query_with_a_click_is_not_replaced(db_session: Session) -> None:
    make_search(db_session, "baahu", seconds_ago=2)
    make_click(db_session, query_text="baahu")
    make_search(db_session, "baahubali")
    assert history_texts(db_session) == ["baahubali", "baahu"]


def test_different_queries_and_other_visitors_replace_nothing(db_session: Session) -> None:
    make_search(db_session, "eega", seconds_ago=2)
    make_search(db_session, "eega movie", BALA, seconds_ago=1)
    make_search(db_session, "kantara")
    assert history_texts(db_session) == ["kantara", "eega"]
    for _ in range(2):
        make_search(db_session, "anybody", None)
    assert count_rows(db_session, "search_query") == 5


def test_storing_a_search_again_changes_nothing(db_session: Session) -> None:
    same = uuid4()
    for _ in range(2):
        make_search(db_session, "eega", id=same)
    assert count_rows(db_session, "search_query") == 1


def test_a_click_belongs_to_the_search_it_names(db_session: Session) -> None:
    first = make_search(db_session, "eega", None, seconds_ago=9)
    make_search(db_session, "eega", None)
    assert make_click(db_session, search_id=first, visitor=None, title_id=3)
    assert not make_click(db_session, search_id=uuid4(), visitor=None)
    stored = db_session.execute(text("SELECT search_id, title_id FROM search_click")).all()
    assert [tuple(row) for row in stored] == [(first, 3)]


def test_a_click_belongs_to_the_visitors_last_search_of_the_text(db_session: Session) -> None:
    make_search(db_session, "eega", BALA)
    make_search(db_session, "Eega", seconds_ago=60)
    assert make_click(db_session, query_text="eega", title_id=3)
    assert make_click(db_session, query_text="eega", title_id=5)
    (past,) = searches.history(db_session, ANNA, limit=9, offset=0)
    assert past.opened == [3, 5]
    assert searches.history(db_session, BALA, limit=9, offset=0)[0].opened == []


@pytest.mark.parametrize(
    "fields",
    [
        {"query_text": "kantara"},
        {"query_text": "eega", "visitor": CHITRA},
        {"query_text": "eega", "visitor": None},
    ],
)
def test_a_click_without_its_search_is_not_stored(
    db_session: Session, fields: dict[str, object]
) -> None:
    make_search(db_session, "eega")
    make_search(db_session, "kantara", seconds_ago=searches.MAX_CLICK_DELAY_S + 1)
    assert not make_click(db_session, **fields)  # type: ignore[arg-type]  # of the table above
    assert count_rows(db_session, "search_click") == 0


def test_a_click_on_another_visitors_search_is_not_stored(db_session: Session) -> None:
    annas = make_search(db_session, "eega")
    assert not make_click(db_session, search_id=annas, visitor=BALA)
    assert not make_click(db_session, search_id=annas, visitor=None)
    assert make_click(db_session, search_id=annas, visitor=ANNA)


def test_a_click_sent_twice_is_stored_once(db_session: Session) -> None:
    make_search(db_session, "eega")
    same = uuid4()
    assert make_click(db_session, query_text="eega", id=same)
    assert not make_click(db_session, query_text="eega", id=same)
    assert count_rows(db_session, "search_click") == 1


def test_deleting_a_history_leaves_no_rows(db_session: Session) -> None:
    for words in ("eega", "96"):
        make_search(db_session, words)
        make_click(db_session, query_text=words)
    other = make_search(db_session, "eega", BALA)
    make_click(db_session, query_text="eega", visitor=BALA)
    assert searches.delete_history(db_session, ANNA) == 2
    assert searches.delete_history(db_session, ANNA) == 0
    assert db_session.execute(text("SELECT id FROM search_query")).scalars().all() == [other]
    assert db_session.execute(text("SELECT search_id FROM search_click")).scalars().all() == [other]


def test_deleting_a_search_deletes_all_of_the_same_text(db_session: Session) -> None:
    make_search(db_session, "eega", seconds_ago=900)
    make_click(db_session, query_text="eega")
    newest = make_search(db_session, "Eega")
    make_search(db_session, "96", seconds_ago=50)
    assert searches.delete_past_search(db_session, BALA, newest) == 0
    assert searches.delete_past_search(db_session, ANNA, newest) == 2
    assert history_texts(db_session) == ["96"]
    assert count_rows(db_session, "search_click") == 0


def test_old_searches_are_deleted_with_their_clicks(db_session: Session) -> None:
    old = make_search(db_session, "eega", None, at=LONG_AGO)
    make_click(db_session, search_id=old)
    make_search(db_session, "96")
    assert searches.delete_old(db_session, days=180) == 1
    assert searches.delete_old(db_session, days=180) == 0
    assert (count_rows(db_session, "search_query"), count_rows(db_session, "search_click")) == (
        1,
        0,
    )
