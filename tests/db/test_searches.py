from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlmodel import Session

from db import search_analytics, searches
from db.search_analytics import PopularQuery, Reformulation
from db.searches import ClickLogEntry, SearchLogEntry
from vocabulary.name_folding import fold

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=400)
ANNA, BALA, CHITRA, DEVI = (uuid4() for _ in range(4))


def make_search(
    session: Session,
    query_text: str,
    visitor: UUID | None = ANNA,
    *,
    seconds_ago: float = 0,
    **given: object,
) -> UUID:
    plain: dict[str, object] = {
        "id": uuid4(),
        "visitor_id": visitor,
        "recognised": visitor is not None,
        "text": query_text,
        "folded": fold(query_text),
        "region": "IN-TG",
        "results": 20,
        "degraded": False,
        "relaxed": False,
        "took_ms": 12.5,
        "at": NOW - timedelta(seconds=seconds_ago),
    }
    search = SearchLogEntry(**{**plain, **given})  # type: ignore[arg-type]  # the tests' own words
    searches.record(session, [search])
    return search.id


def make_click(
    session: Session,
    *,
    search_id: UUID | None = None,
    query_text: str = "",
    visitor: UUID | None = ANNA,
    **given: object,
) -> bool:
    plain: dict[str, object] = {
        "id": uuid4(),
        "visitor_id": visitor,
        "search_id": search_id,
        "folded": fold(query_text),
        "title_id": 7,
        "position": 1,
        "at": NOW,
    }
    return searches.record_click(session, ClickLogEntry(**{**plain, **given}))  # type: ignore[arg-type]  # the tests' own words


def history_texts(session: Session, visitor: UUID = ANNA) -> list[str]:
    return [past.text for past in searches.history(session, visitor, limit=99, offset=0)]


def count_rows(session: Session, table: str) -> int:
    return int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_the_history_tells_each_text_once_the_latest_first(db_session: Session) -> None:
    make_search(db_session, "Eega", seconds_ago=300)
    make_search(db_session, "96", seconds_ago=200)
    make_search(db_session, "EEGA!", seconds_ago=100)
    make_search(db_session, "kantara", BALA)
    assert history_texts(db_session) == ["EEGA!", "96"]
    assert searches.count(db_session, ANNA) == 2
    assert [past.text for past in searches.history(db_session, ANNA, limit=1, offset=1)] == ["96"]


def test_what_is_typed_on_replaces_its_beginning(db_session: Session) -> None:
    for ago_s, typed in enumerate(["magadheera", "magadhee", "magad", "mag", "ma"]):
        make_search(db_session, typed, seconds_ago=10 - ago_s)
    assert history_texts(db_session) == ["ma"]
    assert count_rows(db_session, "search_query") == 1


def test_keys_that_were_taken_back_are_no_search(db_session: Session) -> None:
    for ago_s, typed in ((4, "magadhra"), (3, "magadh"), (2, "magadheera")):
        make_search(db_session, typed, seconds_ago=ago_s)
    assert history_texts(db_session) == ["magadheera"]


def test_an_answer_that_was_overtaken_replaces_nothing(db_session: Session) -> None:
    make_search(db_session, "kan", seconds_ago=4)
    make_search(db_session, "kantara", seconds_ago=2)
    make_search(db_session, "kanta", seconds_ago=3)
    assert history_texts(db_session) == ["kantara"]
    make_search(db_session, "kantara", seconds_ago=1)
    make_search(db_session, "eega", seconds_ago=0.5)
    make_search(db_session, "ee", seconds_ago=20)  # stood until it was found
    assert history_texts(db_session) == ["eega", "kantara", "ee"]


def test_a_text_that_stood_a_while_stays(db_session: Session) -> None:
    make_search(db_session, "baahu", seconds_ago=searches.TYPING_PAUSE_S + 1)
    make_search(db_session, "baahubali")
    assert history_texts(db_session) == ["baahubali", "baahu"]


def test_a_text_from_which_a_title_was_opened_stays(db_session: Session) -> None:
    make_search(db_session, "baahu", seconds_ago=2)
    make_click(db_session, query_text="baahu")
    make_search(db_session, "baahubali")
    assert history_texts(db_session) == ["baahubali", "baahu"]


def test_another_text_replaces_nothing_nor_does_another_visitor(db_session: Session) -> None:
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


def test_a_click_belongs_to_the_search_that_is_named(db_session: Session) -> None:
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
    "given",
    [
        {"words": "kantara"},
        {"words": "eega", "visitor": CHITRA},
        {"words": "eega", "visitor": None},
    ],
)
def test_a_click_without_its_search_is_not_stored(
    db_session: Session, given: dict[str, object]
) -> None:
    make_search(db_session, "eega")
    make_search(db_session, "kantara", seconds_ago=searches.MAX_CLICK_DELAY_S + 1)
    assert not make_click(db_session, **given)  # type: ignore[arg-type]  # of the table above
    assert count_rows(db_session, "search_click") == 0


def test_a_click_on_somebody_elses_search_is_not_stored(db_session: Session) -> None:
    annas = make_search(db_session, "eega")
    assert not make_click(db_session, search_id=annas, visitor=BALA)
    assert not make_click(db_session, search_id=annas, visitor=None)
    assert make_click(db_session, search_id=annas, visitor=ANNA)


def test_a_click_told_twice_counts_once(db_session: Session) -> None:
    make_search(db_session, "eega")
    same = uuid4()
    assert make_click(db_session, query_text="eega", id=same)
    assert not make_click(db_session, query_text="eega", id=same)
    assert count_rows(db_session, "search_click") == 1


def test_a_forgotten_visitor_leaves_no_row(db_session: Session) -> None:
    for words in ("eega", "96"):
        make_search(db_session, words)
        make_click(db_session, query_text=words)
    other = make_search(db_session, "eega", BALA)
    make_click(db_session, query_text="eega", visitor=BALA)
    assert searches.delete_history(db_session, ANNA) == 2
    assert searches.delete_history(db_session, ANNA) == 0
    assert db_session.execute(text("SELECT id FROM search_query")).scalars().all() == [other]
    assert db_session.execute(text("SELECT search_id FROM search_click")).scalars().all() == [other]


def test_a_forgotten_search_goes_with_all_that_were_the_same(db_session: Session) -> None:
    make_search(db_session, "eega", seconds_ago=900)
    make_click(db_session, query_text="eega")
    newest = make_search(db_session, "Eega")
    make_search(db_session, "96", seconds_ago=50)
    assert searches.delete_past_search(db_session, BALA, newest) == 0
    assert searches.delete_past_search(db_session, ANNA, newest) == 2
    assert history_texts(db_session) == ["96"]
    assert count_rows(db_session, "search_click") == 0


def test_old_searches_go_with_their_clicks(db_session: Session) -> None:
    old = make_search(db_session, "eega", None, at=LONG_AGO)
    make_click(db_session, search_id=old)
    make_search(db_session, "96")
    assert searches.delete_old(db_session, days=180) == 1
    assert searches.delete_old(db_session, days=180) == 0
    assert (count_rows(db_session, "search_query"), count_rows(db_session, "search_click")) == (
        1,
        0,
    )


def popular_texts(session: Session, region: str, limit: int = 9) -> list[str]:
    return searches.find_popular(session, region, since=NOW - timedelta(days=30), limit=limit)


def test_what_three_visitors_ask_is_popular(db_session: Session) -> None:
    for visitor in (ANNA, BALA, CHITRA):
        make_search(db_session, "Telugu comedy", visitor)
    for visitor in (ANNA, BALA, CHITRA, DEVI):
        make_search(db_session, "rajini robot movie", visitor, seconds_ago=50)
    for _ in range(9):
        make_search(db_session, "my neighbour's name", ANNA)
        make_search(db_session, "what two ask", BALA)
    make_search(db_session, "what two ask", CHITRA)
    assert popular_texts(db_session, "IN-TG") == ["rajini robot movie", "Telugu comedy"]
    assert popular_texts(db_session, "IN-TG", limit=1) == ["rajini robot movie"]


@pytest.mark.parametrize(
    "given",
    [
        {"results": 0},
        {"relaxed": True},
        {"recognised": False},
        {"region": "US"},
        {"at": LONG_AGO},
    ],
)
def test_what_failed_or_came_from_elsewhere_is_not_popular(
    db_session: Session, given: dict[str, object]
) -> None:
    for visitor in (ANNA, BALA):
        make_search(db_session, "robot", visitor)
    make_search(db_session, "robot", CHITRA, **given)  # type: ignore[arg-type]  # of the table above
    assert popular_texts(db_session, "IN-TG") == []


def test_a_country_counts_its_states(db_session: Session) -> None:
    for visitor, region in ((ANNA, "IN"), (BALA, "IN-TN"), (CHITRA, "IN-TG")):
        make_search(db_session, "robot", visitor, region=region)
    assert popular_texts(db_session, "IN") == ["robot"]
    assert popular_texts(db_session, "IN-TN") == []


def test_what_is_popular_is_written_down_anew(db_session: Session) -> None:
    since = NOW - timedelta(days=30)
    for words, many in (("robot", [ANNA, BALA, CHITRA]), ("96", [ANNA, BALA, CHITRA, DEVI])):
        for visitor in many:
            make_search(db_session, words, visitor)
    for _ in range(2):
        assert searches.refresh_popular(db_session, since=since, limit=5) == 4
    both = ("96", "robot")
    assert searches.read_popular(db_session) == {"IN": both, "IN-TG": both}
    searches.delete_history(db_session, ANNA)
    searches.refresh_popular(db_session, since=since, limit=5)
    assert searches.read_popular(db_session) == {"IN": ("96",), "IN-TG": ("96",)}


def test_searches_are_counted_with_what_was_opened(db_session: Session) -> None:
    for visitor, position in ((ANNA, 1), (BALA, 4)):
        make_search(db_session, "Robot", visitor)
        make_click(db_session, query_text="robot", visitor=visitor, position=position)
    make_click(db_session, query_text="robot", visitor=ANNA, position=1)
    make_search(db_session, "robot", None)
    make_search(db_session, "zzz", CHITRA, results=0)
    make_search(db_session, "old", CHITRA, at=LONG_AGO)
    since = NOW - timedelta(days=30)
    assert search_analytics.totals(db_session, since=since) == (4, 3, 1, 2, 2.0)
    assert search_analytics.popular_queries(db_session, since=since, limit=9) == [
        PopularQuery("Robot", searches=3, visitors=2, clicked=2, mean_position=2.0),
        PopularQuery("zzz", searches=1, visitors=1, clicked=0, mean_position=None),
    ]


def test_of_nothing_there_is_nothing_to_count(db_session: Session) -> None:
    assert search_analytics.totals(db_session, since=NOW) == (0, 0, 0, 0, None)
    assert search_analytics.popular_queries(db_session, since=NOW, limit=9) == []
    assert search_analytics.zero_result_queries(db_session, since=NOW, limit=9) == []
    assert search_analytics.reformulations(db_session, since=NOW, limit=9) == []


def test_what_found_nothing_as_asked_is_listed(db_session: Session) -> None:
    make_search(db_session, "zzz", ANNA, results=0)
    make_search(db_session, "ZZZ", BALA, results=0, seconds_ago=9)
    make_search(db_session, "malayalam anime", relaxed=True)
    make_search(db_session, "robot")
    found = search_analytics.zero_result_queries(db_session, since=LONG_AGO, limit=9)
    assert [(each.text.lower(), each.searches, each.visitors) for each in found] == [
        ("zzz", 2, 2),
        ("malayalam anime", 1, 1),
    ]
    assert found[0].last_at == NOW


def test_a_text_soon_given_up_for_another_is_reformulated(db_session: Session) -> None:
    for visitor in (ANNA, BALA):
        make_search(db_session, "bahubli", visitor, seconds_ago=90)
        make_search(db_session, "baahubali", visitor)
    assert search_analytics.reformulations(db_session, since=LONG_AGO, limit=9) == [
        Reformulation("bahubli", then="baahubali", times=2, visitors=2)
    ]


def test_a_text_that_served_is_not_reformulated(db_session: Session) -> None:
    make_search(db_session, "bahubli", ANNA, seconds_ago=90)
    make_click(db_session, query_text="bahubli")
    make_search(db_session, "baahubali", ANNA)
    make_search(
        db_session, "magadheera", BALA, seconds_ago=search_analytics.MAX_REFORMULATION_DELAY_S + 1
    )
    make_search(db_session, "eega", BALA)
    make_search(db_session, "again", CHITRA, seconds_ago=90)
    make_search(db_session, "Again!", CHITRA)
    make_search(db_session, "anybody", None, seconds_ago=9)
    make_search(db_session, "somebody", None)
    assert search_analytics.reformulations(db_session, since=LONG_AGO, limit=9) == []
