from datetime import timedelta

from sqlmodel import Session

from db import search_analytics
from db.search_analytics import PopularQuery, Reformulation
from tests.db.search_log_entries import ANNA, BALA, CHITRA, LONG_AGO, NOW, make_click, make_search


def test_totals_and_popular_queries_count_clicks(db_session: Session) -> None:
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


def test_search_analytics_are_empty_without_searches(db_session: Session) -> None:
    assert search_analytics.totals(db_session, since=NOW) == (0, 0, 0, 0, None)
    assert search_analytics.popular_queries(db_session, since=NOW, limit=9) == []
    assert search_analytics.zero_result_queries(db_session, since=NOW, limit=9) == []
    assert search_analytics.reformulations(db_session, since=NOW, limit=9) == []


def test_queries_without_a_full_match_are_listed(db_session: Session) -> None:
    make_search(db_session, "zzz", ANNA, results=0)
    make_search(db_session, "ZZZ", BALA, results=0, seconds_ago=9)
    make_search(db_session, "malayalam anime", relaxed=True)
    make_search(db_session, "robot")
    queries = search_analytics.zero_result_queries(db_session, since=LONG_AGO, limit=9)
    assert [(each.text.lower(), each.searches, each.visitors) for each in queries] == [
        ("zzz", 2, 2),
        ("malayalam anime", 1, 1),
    ]
    assert queries[0].last_at == NOW


def test_a_query_soon_replaced_by_another_is_a_reformulation(db_session: Session) -> None:
    for visitor in (ANNA, BALA):
        make_search(db_session, "bahubli", visitor, seconds_ago=90)
        make_search(db_session, "baahubali", visitor)
    assert search_analytics.reformulations(db_session, since=LONG_AGO, limit=9) == [
        Reformulation("bahubli", then="baahubali", times=2, visitors=2)
    ]


def test_a_query_with_a_click_or_a_long_pause_is_not_a_reformulation(db_session: Session) -> None:
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
