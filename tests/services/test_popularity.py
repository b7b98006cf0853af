from collections.abc import Callable

import pytest
from sqlalchemy import Connection, Engine, event, text

from catalog.importer import Importer
from catalog.record import Record
from db.engine import open_session
from services.popularity import refresh_popularity

Make = Callable[..., Record]
Scopes = dict[tuple[str, str], float]


def store(own: Engine, *records: Record) -> list[int]:
    with open_session(own) as writing:
        created = Importer().store(writing, records).created_ids
        writing.commit()
    return created


def refresh(own: Engine) -> int:
    with open_session(own) as writing:
        changed = refresh_popularity(writing)
        writing.commit()
    return changed


def read_popularity(own: Engine, title_id: int) -> Scopes:
    query = text("SELECT scope_kind, scope, value FROM popularity WHERE title_id = :id")
    with own.connect() as connection:
        return {(row[0], row[1]): row[2] for row in connection.execute(query, {"id": title_id})}


def test_popularity_is_the_squared_rank_within_a_source(
    own_database: Engine, make_record: Make
) -> None:
    votes = (10, 20, 30, 40, 50)
    ids = store(
        own_database,
        *(
            make_record(
                f"Title {count}",
                ratings=[{"source": "imdb", "votes": count}],
                original_language="te" if count < 40 else "ta",
                countries=["IN"],
            )
            for count in votes
        ),
        make_record("Unknown", original_language="te"),
    )
    assert refresh(own_database) == 5
    for number, rank in zip(ids[:5], (0.2, 0.4, 0.6, 0.8, 1.0), strict=True):
        assert read_popularity(own_database, number)["global", ""] == pytest.approx(rank**2)
        assert read_popularity(own_database, number)["country", "IN"] == pytest.approx(rank**2)
    assert read_popularity(own_database, ids[5]) == {}
    assert read_popularity(own_database, ids[2])["language", "te"] == pytest.approx(
        0.25
    )  # small groups count half


def test_best_rank_among_the_sources_counts(own_database: Engine, make_record: Make) -> None:
    records = [
        make_record(f"Title {n}", ratings=[{"source": "imdb", "votes": n}]) for n in range(1, 6)
    ]
    listed = [make_record(f"Title {n}", source="tmdb", popularity=100 - n) for n in range(1, 6)]
    ids = store(own_database, *records)
    store(own_database, *listed)
    refresh(own_database)
    assert read_popularity(own_database, ids[0])["global", ""] == 1.0
    assert read_popularity(own_database, ids[4])["global", ""] == 1.0
    assert read_popularity(own_database, ids[2])["global", ""] == pytest.approx(0.36)


def test_popularity_without_votes_is_deleted(own_database: Engine, make_record: Make) -> None:
    (number,) = store(own_database, make_record(popularity=3))
    assert refresh(own_database) == 1
    with own_database.begin() as connection:
        connection.execute(text("DELETE FROM rating"))
    assert refresh(own_database) == 1
    assert read_popularity(own_database, number) == {}
    assert refresh(own_database) == 0


def test_title_imported_during_a_refresh_waits_for_the_next(
    own_database: Engine, make_record: Make
) -> None:
    (first,) = store(
        own_database, make_record(popularity=3, original_language="te", countries=["IN"])
    )
    later: list[int] = []

    def import_one(_: Connection, __: object, statement: str, *___: object) -> None:
        if statement.startswith("SELECT id FROM title ORDER BY id") and not later:
            later.append(0)
            record = make_record("Later", popularity=5, original_language="te", countries=["IN"])
            later[:] = store(own_database, record)

    event.listen(own_database, "after_cursor_execute", import_one)
    refresh(own_database)
    event.remove(own_database, "after_cursor_execute", import_one)
    assert read_popularity(own_database, first)
    assert read_popularity(own_database, later[0]) == {}
    refresh(own_database)
    assert read_popularity(own_database, later[0])
