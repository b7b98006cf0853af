from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlmodel import Session

from db import search_analytics, searches
from db.search_analytics import Asked, Reformulated
from db.searches import Click, Search
from vocabulary.name_folding import fold

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=400)
ANNA, BALA, CHITRA, DEVI = (uuid4() for _ in range(4))


def asked(
    session: Session, words: str, visitor: UUID | None = ANNA, *, ago_s: float = 0, **given: object
) -> UUID:
    plain: dict[str, object] = {
        "id": uuid4(),
        "visitor_id": visitor,
        "recognised": visitor is not None,
        "text": words,
        "folded": fold(words),
        "region": "IN-TG",
        "results": 20,
        "degraded": False,
        "relaxed": False,
        "took_ms": 12.5,
        "at": NOW - timedelta(seconds=ago_s),
    }
    search = Search(**{**plain, **given})  # type: ignore[arg-type]  # the tests' own words
    searches.record(session, [search])
    return search.id


def opened(
    session: Session,
    *,
    search_id: UUID | None = None,
    words: str = "",
    visitor: UUID | None = ANNA,
    **given: object,
) -> bool:
    plain: dict[str, object] = {
        "id": uuid4(),
        "visitor_id": visitor,
        "search_id": search_id,
        "folded": fold(words),
        "title_id": 7,
        "position": 1,
        "at": NOW,
    }
    return searches.record_click(session, Click(**{**plain, **given}))  # type: ignore[arg-type]  # the tests' own words


def texts(session: Session, visitor: UUID = ANNA) -> list[str]:
    return [past.text for past in searches.history(session, visitor, limit=99, offset=0)]


def rows(session: Session, table: str) -> int:
    return int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_the_history_tells_each_text_once_the_latest_first(database: Session) -> None:
    asked(database, "Eega", ago_s=300)
    asked(database, "96", ago_s=200)
    asked(database, "EEGA!", ago_s=100)
    asked(database, "kantara", BALA)
    assert texts(database) == ["EEGA!", "96"]
    assert searches.count(database, ANNA) == 2
    assert [past.text for past in searches.history(database, ANNA, limit=1, offset=1)] == ["96"]


def test_what_is_typed_on_replaces_its_beginning(database: Session) -> None:
    for ago_s, typed in enumerate(["magadheera", "magadhee", "magad", "mag", "ma"]):
        asked(database, typed, ago_s=10 - ago_s)
    assert texts(database) == ["ma"]
    assert rows(database, "search_query") == 1


def test_keys_that_were_taken_back_are_no_search(database: Session) -> None:
    for ago_s, typed in ((4, "magadhra"), (3, "magadh"), (2, "magadheera")):
        asked(database, typed, ago_s=ago_s)
    assert texts(database) == ["magadheera"]


def test_an_answer_that_was_overtaken_replaces_nothing(database: Session) -> None:
    asked(database, "kan", ago_s=4)
    asked(database, "kantara", ago_s=2)
    asked(database, "kanta", ago_s=3)
    assert texts(database) == ["kantara"]
    asked(database, "kantara", ago_s=1)
    asked(database, "eega", ago_s=0.5)
    asked(database, "ee", ago_s=20)  # stood until it was found
    assert texts(database) == ["eega", "kantara", "ee"]


def test_a_text_that_stood_a_while_stays(database: Session) -> None:
    asked(database, "baahu", ago_s=searches.SETTLED_S + 1)
    asked(database, "baahubali")
    assert texts(database) == ["baahubali", "baahu"]


def test_a_text_from_which_a_title_was_opened_stays(database: Session) -> None:
    asked(database, "baahu", ago_s=2)
    opened(database, words="baahu")
    asked(database, "baahubali")
    assert texts(database) == ["baahubali", "baahu"]


def test_another_text_replaces_nothing_nor_does_another_visitor(database: Session) -> None:
    asked(database, "eega", ago_s=2)
    asked(database, "eega movie", BALA, ago_s=1)
    asked(database, "kantara")
    assert texts(database) == ["kantara", "eega"]
    for _ in range(2):
        asked(database, "anybody", None)
    assert rows(database, "search_query") == 5


def test_storing_a_search_again_changes_nothing(database: Session) -> None:
    same = uuid4()
    for _ in range(2):
        asked(database, "eega", id=same)
    assert rows(database, "search_query") == 1


def test_a_click_belongs_to_the_search_that_is_named(database: Session) -> None:
    first = asked(database, "eega", None, ago_s=9)
    asked(database, "eega", None)
    assert opened(database, search_id=first, visitor=None, title_id=3)
    assert not opened(database, search_id=uuid4(), visitor=None)
    stored = database.execute(text("SELECT search_id, title_id FROM search_click")).all()
    assert [tuple(row) for row in stored] == [(first, 3)]


def test_a_click_belongs_to_the_visitors_last_search_of_the_text(database: Session) -> None:
    asked(database, "eega", BALA)
    asked(database, "Eega", ago_s=60)
    assert opened(database, words="eega", title_id=3)
    assert opened(database, words="eega", title_id=5)
    (past,) = searches.history(database, ANNA, limit=9, offset=0)
    assert past.opened == [3, 5]
    assert searches.history(database, BALA, limit=9, offset=0)[0].opened == []


@pytest.mark.parametrize(
    "given",
    [
        {"words": "kantara"},
        {"words": "eega", "visitor": CHITRA},
        {"words": "eega", "visitor": None},
    ],
)
def test_a_click_without_its_search_is_not_stored(
    database: Session, given: dict[str, object]
) -> None:
    asked(database, "eega")
    asked(database, "kantara", ago_s=searches.CLICK_S + 1)
    assert not opened(database, **given)  # type: ignore[arg-type]  # of the table above
    assert rows(database, "search_click") == 0


def test_a_click_on_somebody_elses_search_is_not_stored(database: Session) -> None:
    annas = asked(database, "eega")
    assert not opened(database, search_id=annas, visitor=BALA)
    assert not opened(database, search_id=annas, visitor=None)
    assert opened(database, search_id=annas, visitor=ANNA)


def test_a_click_told_twice_counts_once(database: Session) -> None:
    asked(database, "eega")
    same = uuid4()
    assert opened(database, words="eega", id=same)
    assert not opened(database, words="eega", id=same)
    assert rows(database, "search_click") == 1


def test_a_forgotten_visitor_leaves_no_row(database: Session) -> None:
    for words in ("eega", "96"):
        asked(database, words)
        opened(database, words=words)
    other = asked(database, "eega", BALA)
    opened(database, words="eega", visitor=BALA)
    assert searches.forget(database, ANNA) == 2
    assert searches.forget(database, ANNA) == 0
    assert database.execute(text("SELECT id FROM search_query")).scalars().all() == [other]
    assert database.execute(text("SELECT search_id FROM search_click")).scalars().all() == [other]


def test_a_forgotten_search_goes_with_all_that_were_the_same(database: Session) -> None:
    asked(database, "eega", ago_s=900)
    opened(database, words="eega")
    newest = asked(database, "Eega")
    asked(database, "96", ago_s=50)
    assert searches.forget_one(database, BALA, newest) == 0
    assert searches.forget_one(database, ANNA, newest) == 2
    assert texts(database) == ["96"]
    assert rows(database, "search_click") == 0


def test_old_searches_go_with_their_clicks(database: Session) -> None:
    old = asked(database, "eega", None, at=LONG_AGO)
    opened(database, search_id=old)
    asked(database, "96")
    assert searches.trim(database, days=180) == 1
    assert searches.trim(database, days=180) == 0
    assert (rows(database, "search_query"), rows(database, "search_click")) == (1, 0)


def popular(session: Session, region: str, limit: int = 9) -> list[str]:
    return searches.popular(session, region, since=NOW - timedelta(days=30), limit=limit)


def test_what_three_visitors_ask_is_popular(database: Session) -> None:
    for visitor in (ANNA, BALA, CHITRA):
        asked(database, "Telugu comedy", visitor)
    for visitor in (ANNA, BALA, CHITRA, DEVI):
        asked(database, "rajini robot movie", visitor, ago_s=50)
    for _ in range(9):
        asked(database, "my neighbour's name", ANNA)
        asked(database, "what two ask", BALA)
    asked(database, "what two ask", CHITRA)
    assert popular(database, "IN-TG") == ["rajini robot movie", "Telugu comedy"]
    assert popular(database, "IN-TG", limit=1) == ["rajini robot movie"]


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
    database: Session, given: dict[str, object]
) -> None:
    for visitor in (ANNA, BALA):
        asked(database, "robot", visitor)
    asked(database, "robot", CHITRA, **given)  # type: ignore[arg-type]  # of the table above
    assert popular(database, "IN-TG") == []


def test_a_country_counts_its_states(database: Session) -> None:
    for visitor, region in ((ANNA, "IN"), (BALA, "IN-TN"), (CHITRA, "IN-TG")):
        asked(database, "robot", visitor, region=region)
    assert popular(database, "IN") == ["robot"]
    assert popular(database, "IN-TN") == []


def test_what_is_popular_is_written_down_anew(database: Session) -> None:
    since = NOW - timedelta(days=30)
    for words, many in (("robot", [ANNA, BALA, CHITRA]), ("96", [ANNA, BALA, CHITRA, DEVI])):
        for visitor in many:
            asked(database, words, visitor)
    for _ in range(2):
        assert searches.refresh_popular(database, since=since, limit=5) == 4
    both = ("96", "robot")
    assert searches.read_popular(database) == {"IN": both, "IN-TG": both}
    searches.forget(database, ANNA)
    searches.refresh_popular(database, since=since, limit=5)
    assert searches.read_popular(database) == {"IN": ("96",), "IN-TG": ("96",)}


def test_searches_are_counted_with_what_was_opened(database: Session) -> None:
    for visitor, position in ((ANNA, 1), (BALA, 4)):
        asked(database, "Robot", visitor)
        opened(database, words="robot", visitor=visitor, position=position)
    opened(database, words="robot", visitor=ANNA, position=1)
    asked(database, "robot", None)
    asked(database, "zzz", CHITRA, results=0)
    asked(database, "old", CHITRA, at=LONG_AGO)
    since = NOW - timedelta(days=30)
    assert search_analytics.totals(database, since=since) == (4, 3, 1, 2, 2.0)
    assert search_analytics.popular(database, since=since, limit=9) == [
        Asked("Robot", searches=3, visitors=2, clicked=2, mean_position=2.0),
        Asked("zzz", searches=1, visitors=1, clicked=0, mean_position=None),
    ]


def test_of_nothing_there_is_nothing_to_count(database: Session) -> None:
    assert search_analytics.totals(database, since=NOW) == (0, 0, 0, 0, None)
    assert search_analytics.popular(database, since=NOW, limit=9) == []
    assert search_analytics.without_results(database, since=NOW, limit=9) == []
    assert search_analytics.reformulated(database, since=NOW, limit=9) == []


def test_what_found_nothing_as_asked_is_listed(database: Session) -> None:
    asked(database, "zzz", ANNA, results=0)
    asked(database, "ZZZ", BALA, results=0, ago_s=9)
    asked(database, "malayalam anime", relaxed=True)
    asked(database, "robot")
    found = search_analytics.without_results(database, since=LONG_AGO, limit=9)
    assert [(each.text.lower(), each.searches, each.visitors) for each in found] == [
        ("zzz", 2, 2),
        ("malayalam anime", 1, 1),
    ]
    assert found[0].last_at == NOW


def test_a_text_soon_given_up_for_another_is_reformulated(database: Session) -> None:
    for visitor in (ANNA, BALA):
        asked(database, "bahubli", visitor, ago_s=90)
        asked(database, "baahubali", visitor)
    assert search_analytics.reformulated(database, since=LONG_AGO, limit=9) == [
        Reformulated("bahubli", then="baahubali", times=2, visitors=2)
    ]


def test_a_text_that_served_is_not_reformulated(database: Session) -> None:
    asked(database, "bahubli", ANNA, ago_s=90)
    opened(database, words="bahubli")
    asked(database, "baahubali", ANNA)
    asked(database, "magadheera", BALA, ago_s=search_analytics.AGAIN_S + 1)
    asked(database, "eega", BALA)
    asked(database, "again", CHITRA, ago_s=90)
    asked(database, "Again!", CHITRA)
    asked(database, "anybody", None, ago_s=9)
    asked(database, "somebody", None)
    assert search_analytics.reformulated(database, since=LONG_AGO, limit=9) == []
