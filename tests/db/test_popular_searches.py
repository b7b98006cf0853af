from datetime import timedelta

import pytest
from sqlmodel import Session

from db import popular_searches, searches
from tests.db.search_log_entries import ANNA, BALA, CHITRA, DEVI, LONG_AGO, NOW, make_search


def popular_texts(session: Session, region: str, limit: int = 9) -> list[str]:
    return popular_searches.find_popular(
        session, region, since=NOW - timedelta(days=30), limit=limit
    )


def test_a_query_of_three_visitors_is_popular(db_session: Session) -> None:
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
    "fields",
    [
        {"results": 0},
        {"relaxed": True},
        {"recognised": False},
        {"region": "US"},
        {"at": LONG_AGO},
    ],
)
def test_searches_without_results_or_of_other_regions_are_not_popular(
    db_session: Session, fields: dict[str, object]
) -> None:
    for visitor in (ANNA, BALA):
        make_search(db_session, "robot", visitor)
    make_search(db_session, "robot", CHITRA, **fields)  # type: ignore[arg-type]  # of the table above
    assert popular_texts(db_session, "IN-TG") == []


def test_a_country_includes_its_states(db_session: Session) -> None:
    for visitor, region in ((ANNA, "IN"), (BALA, "IN-TN"), (CHITRA, "IN-TG")):
        make_search(db_session, "robot", visitor, region=region)
    assert popular_texts(db_session, "IN") == ["robot"]
    assert popular_texts(db_session, "IN-TN") == []


def test_refreshing_replaces_the_stored_popular_searches(db_session: Session) -> None:
    since = NOW - timedelta(days=30)
    for query, many in (("robot", [ANNA, BALA, CHITRA]), ("96", [ANNA, BALA, CHITRA, DEVI])):
        for visitor in many:
            make_search(db_session, query, visitor)
    for _ in range(2):
        assert popular_searches.refresh_popular(db_session, since=since, limit=5) == 4
    both = ("96", "robot")
    assert popular_searches.read_popular(db_session) == {"IN": both, "IN-TG": both}
    searches.delete_history(db_session, ANNA)
    popular_searches.refresh_popular(db_session, since=since, limit=5)
    assert popular_searches.read_popular(db_session) == {"IN": ("96",), "IN-TG": ("96",)}
