"""Queries over single titles must not grow with the catalogue: each finds its index."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlmodel import Session, col, select

from db import (
    changes,
    personal_data,
    popular_searches,
    profiles,
    reviews,
    search_analytics,
    searches,
    title_summaries,
    titles,
    vectors,
    viewer_lifecycle,
    viewings,
)
from db.engine import open_session
from db.searches import ClickLogEntry, SearchLogEntry
from db.tables.titles import Credit, TitleGenre, TitleName
from vocabulary.kinds import Kind, ReviewState, Space


@pytest.fixture
def db_session(own_database: Engine) -> Iterator[Session]:
    """A database in which nothing was ever counted, for what others left would change the plans."""
    with open_session(own_database) as fresh:
        yield fresh


@pytest.fixture
def indexes_of(db_session: Session) -> "IndexNames":
    """Run queries again as EXPLAIN, sequential scans forbidden, and return the indexes named."""
    asked: list[tuple[str, object]] = []
    connection = db_session.connection()

    def note(
        _connection: Connection, _cursor: object, statement: str, parameters: object, *_: object
    ) -> None:
        if statement.lstrip().upper().startswith(EXPLAINED_STATEMENTS):
            asked.append((statement, parameters[0] if isinstance(parameters, list) else parameters))

    def explained(query: Callable[[], object]) -> set[str]:
        asked.clear()
        event.listen(connection, "before_cursor_execute", note)
        query()
        event.remove(connection, "before_cursor_execute", note)
        found: set[str] = set()
        for statement, parameters in list(asked):
            rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)  # type: ignore[arg-type]  # as SQLAlchemy bound them
            plan = "\n".join(row[0] for row in rows)
            assert "Seq Scan on" not in plan, plan
            found |= set(_index_names(plan))
        return found

    db_session.execute(text("SET LOCAL enable_seqscan = off"))
    return explained


def _index_names(plan: str) -> Iterator[str]:
    for line in plan.splitlines():
        _, using, rest = line.partition(" using ")
        if not using:
            _, using, rest = line.partition("Bitmap Index Scan on ")
        if using:
            yield rest.split()[0]


IndexNames = Callable[[Callable[[], object]], set[str]]
EXPLAINED_STATEMENTS = ("SELECT", "WITH", "DELETE FROM SEARCH_QUERY")


def test_titles_are_found_by_identity(db_session: Session, indexes_of: IndexNames) -> None:
    wanted = [("eega", 2012, Kind.MOVIE), ("kgf", 2018, Kind.MOVIE)]
    used = indexes_of(lambda: titles.ids_by_identity(db_session, wanted))
    assert used == {"ix_title_identity"}


def test_titles_are_found_by_external_id(db_session: Session, indexes_of: IndexNames) -> None:
    wanted = [("imdb", "tt1"), ("tmdb", "2")]
    used = indexes_of(lambda: titles.ids_by_external_id(db_session, wanted))
    assert used == {"external_id_pkey"}


def test_people_are_found_by_name(db_session: Session, indexes_of: IndexNames) -> None:
    used = indexes_of(lambda: titles.get_or_add_people(db_session, {"nani": "Nani"}))
    assert used == {"person_folded_key"}


def test_the_titles_of_a_person_are_found(db_session: Session, indexes_of: IndexNames) -> None:
    query = select(Credit.title_id).where(col(Credit.person_id) == 1)
    assert indexes_of(lambda: db_session.exec(query).all()) == {"ix_credit_person_id"}


def test_names_and_genres_are_found(db_session: Session, indexes_of: IndexNames) -> None:
    names = select(TitleName.title_id).where(col(TitleName.folded) == "eega")
    genres = select(TitleGenre.title_id).where(col(TitleGenre.genre) == "drama")
    (used,) = indexes_of(lambda: db_session.exec(names).all())
    assert used in {"ix_title_name_folded", "ix_title_name_trigram"}
    assert indexes_of(lambda: db_session.exec(genres).all()) == {"ix_title_genre_genre"}


def test_the_change_log_is_read_by_index(db_session: Session, indexes_of: IndexNames) -> None:
    position = changes.current_position(db_session)
    used = indexes_of(lambda: changes.since(db_session, position))
    assert "ix_change_order" in used  # what follows its line
    assert used <= {"change_pkey", "ix_change_order"}  # either finds the line itself


def test_missing_vectors_are_found_without_reading_vectors(
    db_session: Session, indexes_of: IndexNames
) -> None:
    used = indexes_of(lambda: vectors.ids_without_vector(db_session, Space.CONTENT, "m", limit=16))
    assert "title_pkey" in used
    assert used & {"title_vector_pkey", "ix_title_vector_model"}


def test_vectors_and_summaries_are_read_by_title(
    db_session: Session, indexes_of: IndexNames
) -> None:
    used = indexes_of(lambda: list(vectors.read(db_session, [1, 2], {Space.CONTENT: "m"})))
    assert used <= {"title_vector_pkey", "ix_title_vector_model"}
    used = indexes_of(lambda: title_summaries.read(db_session, [1, 2]))
    assert {"title_pkey", "title_genre_pkey", "title_name_pkey", "popularity_pkey"} <= used


def test_a_title_is_read_by_its_id(db_session: Session, indexes_of: IndexNames) -> None:
    assert "title_pkey" in indexes_of(lambda: titles.get(db_session, 1))


def test_storing_a_search_uses_the_index_of_visitors(
    db_session: Session, indexes_of: IndexNames
) -> None:
    search = SearchLogEntry(
        id=uuid4(),
        visitor_id=uuid4(),
        recognised=True,
        text="eega",
        folded="eega",
        region="IN",
        results=20,
        degraded=False,
        relaxed=False,
        took_ms=12.5,
        at=datetime.now(UTC),
    )
    used = indexes_of(lambda: searches.record(db_session, [search]))
    assert {"ix_search_query_visitor", "search_query_pkey"} <= used


def test_storing_a_click_uses_the_index_of_visitors(
    db_session: Session, indexes_of: IndexNames
) -> None:
    click = ClickLogEntry(
        id=uuid4(),
        visitor_id=uuid4(),
        search_id=None,
        folded="eega",
        title_id=7,
        position=1,
        at=datetime.now(UTC),
    )
    used = indexes_of(lambda: searches.record_click(db_session, click))
    assert used == {"ix_search_query_visitor"}


def test_only_one_visitors_searches_are_read_or_deleted(
    db_session: Session, indexes_of: IndexNames
) -> None:
    visitor = uuid4()
    used = indexes_of(lambda: searches.history(db_session, visitor, limit=20, offset=0))
    assert used == {"ix_search_query_visitor", "ix_search_click_search_id"}
    for query in (
        lambda: searches.count(db_session, visitor),
        lambda: searches.delete_history(db_session, visitor),
    ):
        assert indexes_of(query) == {"ix_search_query_visitor"}
    assert "search_query_pkey" in indexes_of(
        lambda: searches.delete_past_search(db_session, visitor, visitor)
    )


def test_old_searches_are_found_by_their_age(db_session: Session, indexes_of: IndexNames) -> None:
    assert indexes_of(lambda: searches.delete_old(db_session, days=180)) == {"ix_search_query_at"}


def test_stored_popular_searches_are_read_by_primary_key(
    db_session: Session, indexes_of: IndexNames
) -> None:
    assert indexes_of(lambda: popular_searches.read_popular(db_session)) == {"popular_search_pkey"}


def test_search_analytics_read_only_their_period(
    db_session: Session, indexes_of: IndexNames
) -> None:
    since = datetime.now(UTC)
    for query in (
        lambda: popular_searches.find_popular(db_session, "IN", since=since, limit=9),
        lambda: search_analytics.totals(db_session, since=since),
        lambda: search_analytics.popular_queries(db_session, since=since, limit=9),
        lambda: search_analytics.zero_result_queries(db_session, since=since, limit=9),
        lambda: search_analytics.reformulations(db_session, since=since, limit=9),
    ):
        assert "ix_search_query_at" in indexes_of(query)


def test_only_one_viewers_rows_are_read(db_session: Session, indexes_of: IndexNames) -> None:
    viewer = uuid4()
    assert indexes_of(lambda: profiles.get(db_session, viewer)) == {"profile_pkey"}
    assert "viewer_pkey" in indexes_of(lambda: profiles.read_viewer_profile(db_session, viewer))
    assert "ix_viewing_viewer" in indexes_of(
        lambda: viewings.latest(db_session, viewer, limit=9, offset=0)
    )
    assert indexes_of(lambda: viewings.count(db_session, viewer, completed_from=0.9)) == {
        "ix_viewing_viewer"
    }
    for section in personal_data.SECTIONS:
        rows = personal_data.stream_rows(db_session, section, viewer)
        assert indexes_of(partial(list, rows))


def test_a_deleted_viewers_rows_are_found_by_index(
    db_session: Session, indexes_of: IndexNames
) -> None:
    assert "viewer_pkey" in indexes_of(lambda: viewer_lifecycle.lock(db_session, uuid4()))
    assert "ix_search_query_visitor" in indexes_of(
        lambda: viewer_lifecycle.delete(db_session, uuid4())
    )
    assert "ix_search_query_at" in indexes_of(lambda: viewer_lifecycle.delete_leftovers(db_session))


def test_viewings_are_found_by_index(db_session: Session, indexes_of: IndexNames) -> None:
    silent = indexes_of(lambda: viewings.list_idle(db_session, timedelta(hours=6), limit=9))
    assert silent == {"ix_viewing_open"}
    now = datetime.now(UTC)
    used = indexes_of(
        lambda: viewings.completions(db_session, since=now, completed_from=0.9, limit=9)
    )
    assert used == {"ix_viewing_started_at"}


def test_reviews_are_found_by_title_or_state(db_session: Session, indexes_of: IndexNames) -> None:
    viewer = uuid4()
    seen = indexes_of(
        lambda: reviews.list_by_title(db_session, 1, viewer_id=viewer, limit=9, offset=0)
    )
    assert seen & {"ix_review_title", "ix_review_viewer_title"}
    waiting = indexes_of(
        lambda: reviews.list_by_state(db_session, ReviewState.PENDING, limit=9, offset=0)
    )
    assert "ix_review_state" in waiting
