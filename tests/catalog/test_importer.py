import itertools
import json
import threading
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import Session, col, select

from catalog import export
from catalog.import_reader import check_line, read_lines
from catalog.importer import Importer, ImportResult
from catalog.record import Record
from db import migrate, titles
from db.engine import connect, open_session
from db.tables.change_log import Change
from db.tables.titles import ExternalId, Person, Title
from vocabulary.kinds import Kind

MakeRecord = Callable[..., Record]
SEED_FOLDER = Path(__file__).parents[2] / "catalog" / "seed"


def import_batch(database: Session, *records: Record) -> ImportResult:
    """Import a batch in a run of its own."""
    stored = Importer().store(database, records)
    database.commit()
    database.expunge_all()
    return stored


def all_titles(database: Session) -> list[Title]:
    database.expunge_all()
    return list(titles.read_all(database))


def only_title(database: Session) -> Title:
    (title,) = all_titles(database)
    return title


def logged_title_ids(database: Session) -> list[int]:
    titles = select(Change.title_id).where(col(Change.title_id) > 0)
    return list(database.exec(titles.order_by(col(Change.position))))


def exported_lines(database: Session) -> list[dict[str, Any]]:
    return [json.loads(export.to_json_line(title)) for title in all_titles(database)]


def to_records(lines: Sequence[dict[str, Any]]) -> list[Record]:
    made = [check_line(line, number) for number, line in enumerate(lines, start=1)]
    assert not [line.problems for line in made if line.problems]
    return [line.record for line in made if line.record]


def test_importing_twice_changes_nothing(db_session: Session, make_record: MakeRecord) -> None:
    said = make_record(year=2012, genres=["fantasy"], people=[{"name": "Nani"}], popularity=3)
    assert len(import_batch(db_session, said).created_ids) == 1
    before, logged = only_title(db_session).updated_at, logged_title_ids(db_session)
    people = text("SELECT last_value FROM person_id_seq")
    numbers = db_session.execute(people).scalar_one()
    done = import_batch(db_session, said)
    assert (done.created_ids, done.updated_ids, done.unchanged_count) == ([], [], 1)
    assert only_title(db_session).updated_at == before
    assert logged_title_ids(db_session) == logged
    assert db_session.execute(people).scalar_one() == numbers


def test_an_import_logs_each_changed_title_once(
    db_session: Session, make_record: MakeRecord
) -> None:
    import_batch(db_session, make_record(), make_record(tagline="A fly"), make_record("Magadheera"))
    assert len(logged_title_ids(db_session)) == 2
    (changed,) = import_batch(db_session, make_record(tagline="Another fly")).updated_ids
    assert logged_title_ids(db_session)[2:] == [changed]


def test_an_external_id_matches_a_title_with_another_name(
    db_session: Session, make_record: MakeRecord
) -> None:
    import_batch(db_session, make_record("Eega", year=2012, external_ids={"imdb": "tt2258337"}))
    import_batch(db_session, make_record("Makkhi", year=2013, external_ids={"imdb": "tt2258337"}))
    title = only_title(db_session)
    assert (title.title, title.folded, title.year) == ("Makkhi", "makkhi", 2013)
    assert {name.name for name in title.names} == {"Eega", "Makkhi"}


@pytest.mark.parametrize("other", ["EEGA", "Eega!", "Ēega"])
def test_without_ids_name_year_and_kind_identify_the_title(
    db_session: Session, make_record: MakeRecord, other: str
) -> None:
    import_batch(db_session, make_record("Eega", year=2012))
    import_batch(db_session, make_record(other, year=2012))
    assert only_title(db_session).title == other


@pytest.mark.parametrize("other", [{"year": 2013}, {"year": None}, {"kind": "series"}])
def test_another_year_or_kind_is_another_title(
    db_session: Session, make_record: MakeRecord, other: dict[str, object]
) -> None:
    import_batch(db_session, make_record(year=2012))
    import_batch(db_session, make_record(**{"year": 2012, **other}))
    assert len(all_titles(db_session)) == 2


def test_the_first_source_may_correct_its_values(
    db_session: Session, make_record: MakeRecord
) -> None:
    import_batch(
        db_session, make_record(source="a", runtime_minutes=100, genres=["drama"], tagline="Old")
    )
    import_batch(
        db_session, make_record(source="a", runtime_minutes=134, genres=["fantasy", "action"])
    )
    title = only_title(db_session)
    assert (title.runtime_minutes, title.tagline) == (134, "Old")
    assert [genre.genre for genre in title.genres] == ["fantasy", "action"]


def test_another_source_only_fills_empty_fields_and_adds(
    db_session: Session, make_record: MakeRecord
) -> None:
    first = {
        "runtime_minutes": 134,
        "genres": ["fantasy"],
        "synopsis": {"en": "A fly."},
        "people": [{"name": "Nani"}],
        "external_ids": {"imdb": "tt1"},
        "availability": [{"provider": "Netflix", "region": "IN"}],
    }
    other = {
        "runtime_minutes": 99,
        "tagline": "Revenge",
        "genres": ["action"],
        "synopsis": {"en": "Other.", "te": "ఈగ."},
        "people": [{"name": "Samantha"}],
        "external_ids": {"tmdb": "2"},
        "names": {"te": "ఈగ"},
        "ratings": [{"source": "tmdb", "score": 7.5, "votes": 10}],
        "availability": [{"provider": "netflix", "region": "IN"}, {"provider": "zee5"}],
    }
    import_batch(db_session, make_record(source="a", **first))
    import_batch(db_session, make_record(source="b", **other))
    (line,) = exported_lines(db_session)
    assert line["source"] == "a"
    assert line["runtime_minutes"] == 134
    assert line["tagline"] == "Revenge"
    assert line["genres"] == ["fantasy"]
    assert line["synopsis"] == {"en": "A fly.", "te": "ఈగ."}
    assert [person["name"] for person in line["people"]] == ["Nani"]
    assert line["external_ids"] == {"imdb": "tt1", "tmdb": "2"}
    assert line["names"] == {"te": "ఈగ"}
    assert line["ratings"][0]["votes"] == 10
    assert [place["provider"] for place in line["availability"]] == ["netflix", "zee5"]


def test_importing_two_sources_alternately_settles(
    db_session: Session, make_record: MakeRecord
) -> None:
    said = [make_record(source=source, tagline=source, popularity=1) for source in ("a", "b")]
    for each in said:
        import_batch(db_session, each)
    before = exported_lines(db_session)
    for each in said:
        assert import_batch(db_session, each).unchanged_count == 1
    assert exported_lines(db_session) == before


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_title_twice_in_a_file_is_stored_once_from_its_first_line(
    db_session: Session, make_record: MakeRecord, size: int
) -> None:
    said = [
        make_record(tagline="First", external_ids={"imdb": "tt1"}),
        make_record(tagline="Second", runtime_minutes=134, external_ids={"imdb": "tt1"}),
        make_record("Magadheera"),
    ]

    def run() -> None:
        importer = Importer()
        for start in range(0, len(said), size):
            importer.store(db_session, said[start : start + size])
            db_session.commit()
            db_session.expunge_all()

    run()
    before, logged = exported_lines(db_session), logged_title_ids(db_session)
    eega, _ = before
    assert (eega["tagline"], eega["runtime_minutes"]) == ("First", 134)
    run()
    assert exported_lines(db_session) == before
    assert logged_title_ids(db_session) == logged


def test_a_title_twice_in_a_file_has_the_rating_of_its_first_line(
    db_session: Session, make_record: MakeRecord
) -> None:
    first, second = (make_record(ratings=[{"source": "mal", "score": score}]) for score in (9, 8))
    import_batch(db_session, first, second)
    assert only_title(db_session).rating == 9
    assert import_batch(db_session, first, second).unchanged_count == 2


def test_the_original_language_is_among_the_languages_for_every_source(
    db_session: Session, make_record: MakeRecord
) -> None:
    import_batch(db_session, make_record(languages=["hi"], source="a"))
    import_batch(db_session, make_record(original_language="te", source="b"))
    assert {each.language for each in only_title(db_session).languages} == {"hi", "te"}


def test_an_id_of_a_later_line_matches_a_title_of_the_same_batch(
    db_session: Session, make_record: MakeRecord
) -> None:
    import_batch(
        db_session,
        make_record("Eega", external_ids={"imdb": "tt1"}),
        make_record("Eega", external_ids={"imdb": "tt1", "tmdb": "5"}),
        make_record("Makkhi", external_ids={"tmdb": "5"}),
    )
    assert {each.value for each in only_title(db_session).external_ids} == {"tt1", "5"}


def test_an_id_outranks_the_name_of_a_title_in_the_same_batch(
    db_session: Session, make_record: MakeRecord
) -> None:
    import_batch(db_session, make_record("Eega", year=2012, external_ids={"imdb": "tt1"}))
    import_batch(
        db_session,
        make_record("Makkhi", year=2012),
        make_record("Makkhi", year=2012, external_ids={"imdb": "tt1"}),
    )
    assert [title.title for title in all_titles(db_session)] == ["Makkhi", "Makkhi"]
    owner = db_session.exec(select(ExternalId)).one()
    assert owner.title_id == all_titles(db_session)[0].id


@pytest.mark.parametrize("together", [True, False])
def test_an_id_of_another_title_is_not_moved(
    db_session: Session, make_record: MakeRecord, *, together: bool
) -> None:
    said = [
        make_record("Eega", external_ids={"imdb": "tt1"}),
        make_record("Magadheera", external_ids={"tmdb": "2"}),
        make_record("Eega", external_ids={"imdb": "tt1", "tmdb": "2"}),
    ]
    if together:
        import_batch(db_session, *said)
    else:
        for each in said:
            import_batch(db_session, each)
    assert [
        [(each.source, each.value) for each in title.external_ids]
        for title in all_titles(db_session)
    ] == [[("imdb", "tt1")], [("tmdb", "2")]]


def test_a_person_has_one_row_for_several_jobs_and_titles(
    db_session: Session, make_record: MakeRecord
) -> None:
    people = [
        {"name": "S. S. Rajamouli", "job": "director"},
        {"name": "SS Rajamouli", "job": "writer"},
        {"name": "S.S.Rajamouli", "job": "writer"},
    ]
    import_batch(
        db_session, make_record(people=people), make_record("Magadheera", people=people[:1])
    )
    assert len(db_session.exec(select(Person)).all()) == 1
    eega, magadheera = all_titles(db_session)
    assert [credit.job for credit in eega.credits] == ["director", "writer"]
    assert [credit.job for credit in magadheera.credits] == ["director"]


def test_more_people_than_a_statement_takes_parameters_are_stored(db_session: Session) -> None:
    names = {f"person {number}": f"Person {number}" for number in range(66_000)}
    assert len(titles.get_or_add_people(db_session, names)) == len(names)


@pytest.mark.parametrize(
    ("ratings", "mean", "votes"),
    [
        ([], None, 0),
        ([("imdb", 8, 10, 300), ("tmdb", 3, 5, 100)], 7.5, 400),
        ([("critic", 4, 5, None)], 8.0, 0),
        ([("imdb", 8, 10, None), ("tmdb", 6, 10, 3)], 6.5, 3),
        ([("mal", None, 10, 50)], None, 50),
        ([("a", 5, 10, 2**31 - 1), ("b", 5, 10, 2**31 - 1)], 5.0, 2**31 - 1),
    ],
)
def test_ratings_are_weighted_by_votes(
    db_session: Session,
    make_record: MakeRecord,
    ratings: list[tuple[str, float | None, float, int | None]],
    mean: float | None,
    votes: int,
) -> None:
    said = [
        {"source": source, "score": score, "scale": scale, "votes": count}
        for source, score, scale, count in ratings
    ]
    import_batch(db_session, make_record(ratings=said))
    title = only_title(db_session)
    assert (title.rating, title.votes) == (mean, votes)


def test_a_record_with_only_a_popularity_does_not_change_the_score(
    db_session: Session, make_record: MakeRecord
) -> None:
    import_batch(
        db_session, make_record(source="x", ratings=[{"source": "x", "score": 4, "scale": 5}])
    )
    import_batch(db_session, make_record(source="x", popularity=12.5))
    title = only_title(db_session)
    assert title.rating == 8.0
    assert title.ratings[0].popularity == 12.5


def test_lists_have_their_order_regardless_of_the_table(
    db_session: Session, make_record: MakeRecord
) -> None:
    names = [f"Name {number}" for number in range(6)]
    import_batch(db_session, make_record(aliases=names, images=[{"url": name} for name in names]))
    for table in ("title_name", "image"):  # an update moves a row to the table's end
        db_session.execute(text(f"UPDATE {table} SET position = position WHERE position < 3"))
    title = only_title(db_session)
    assert [name.name for name in title.names] == ["Eega", *names]
    assert [image.url for image in title.images] == names


def test_a_removed_title_leaves_nothing_but_people(
    db_session: Session, make_record: MakeRecord
) -> None:
    full = make_record(people=[{"name": "Nani"}], genres=["drama"], external_ids={"imdb": "tt1"})
    (number,) = import_batch(db_session, full).created_ids
    titles.remove(db_session, [number])
    db_session.commit()
    assert all_titles(db_session) == []
    assert import_batch(db_session, full).created_ids != [number]


def test_concurrent_imports_create_each_title_once(
    empty_database_url: str, make_record: MakeRecord
) -> None:
    engine = connect(empty_database_url)
    migrate.upgrade(engine)
    said = [
        make_record(f"Title {n}", external_ids={"x": str(n)}, people=[{"name": f"P{n % 7}"}])
        for n in range(120)
    ]
    failures: list[Exception] = []

    def run(order: Sequence[Record]) -> None:
        importer = Importer()
        for start in range(0, len(order), 20):
            try:
                with open_session(engine) as writing:
                    importer.store(writing, order[start : start + 20])
                    writing.commit()
            except Exception as error:  # told by the assertion below
                failures.append(error)

    threads = [threading.Thread(target=run, args=(order,)) for order in (said, said[::-1], said)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with open_session(engine) as reading:
        assert titles.count(reading) == len(said)
    engine.dispose()


def reimport(database: Session, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Empty the catalogue, import the lines, and export them again."""
    titles.remove(database, [title.id for title in all_titles(database) if title.id])
    database.commit()
    import_batch(database, *to_records(lines))
    return exported_lines(database)


def test_an_export_of_seed_titles_gives_the_same_catalogue(db_session: Session) -> None:
    files = sorted(SEED_FOLDER.glob("*.jsonl"))
    lines = (line for path in files for line in itertools.islice(read_lines(path), 8))
    records = [line.record for line in lines if line.record]
    import_batch(db_session, *records)
    assert [export.to_record(title).title for title in all_titles(db_session)] == [
        each.title for each in records
    ]
    before = exported_lines(db_session)
    assert reimport(db_session, before) == before


def test_names_from_several_sources_survive_an_export(
    db_session: Session, make_record: MakeRecord
) -> None:
    ids = {"imdb": "tt1"}
    import_batch(
        db_session, make_record("Eega", source="a", names={"hi": "मक्खी"}, external_ids=ids)
    )
    import_batch(
        db_session, make_record("Makkhi", source="b", names={"hi": "मक्खि"}, external_ids=ids)
    )
    before = exported_lines(db_session)
    assert before[0]["names"] == {"hi": "मक्खी"}
    assert before[0]["aliases"] == ["मक्खि", "Makkhi"]
    assert reimport(db_session, before) == before


SHORT_TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12
).filter(lambda words: words.strip() and words.strip() == words)
LANGUAGE_CODES = st.sampled_from(["te", "ta", "hi", "kn", "ml", "en", "ja"])
INTEGER_COUNTS = st.integers(0, 2**31 - 1)
RECORD_DICTS = st.fixed_dictionaries(
    {"kind": st.sampled_from([kind.value for kind in Kind]), "title": SHORT_TEXTS},
    optional={
        "original_title": SHORT_TEXTS,
        "original_language": LANGUAGE_CODES,
        "languages": st.lists(LANGUAGE_CODES, max_size=3),
        "names": st.dictionaries(LANGUAGE_CODES, SHORT_TEXTS, max_size=3),
        "aliases": st.lists(SHORT_TEXTS, max_size=3),
        "year": st.integers(1900, 2030),
        "release_date": st.dates(date(1900, 1, 1), date(2030, 1, 1)).map(str),
        "runtime_minutes": st.integers(1, 600),
        "genres": st.lists(st.sampled_from(["Drama", "Sci-Fi & Fantasy", "Giallo"]) | SHORT_TEXTS),
        "keywords": st.lists(SHORT_TEXTS, max_size=3),
        "synopsis": st.dictionaries(LANGUAGE_CODES, SHORT_TEXTS, max_size=2),
        "people": st.lists(
            st.fixed_dictionaries(
                {"name": SHORT_TEXTS}, optional={"job": SHORT_TEXTS, "character": SHORT_TEXTS}
            ),
            max_size=4,
        ),
        "countries": st.lists(st.sampled_from(["IN", "US", "jp"]), max_size=3),
        "certificate": st.sampled_from(["U", "U/A 13+", "74 min", "TV-MA"]),
        "warnings": st.lists(SHORT_TEXTS, max_size=2),
        "ratings": st.lists(
            st.fixed_dictionaries(
                {"source": st.sampled_from(["imdb", "tmdb"])},
                optional={"score": st.floats(0, 10), "votes": INTEGER_COUNTS},
            ),
            max_size=3,
        ),
        "popularity": st.floats(0, 1e6),
        "external_ids": st.dictionaries(SHORT_TEXTS, SHORT_TEXTS, max_size=2),
        "availability": st.lists(
            st.fixed_dictionaries(
                {"provider": SHORT_TEXTS}, optional={"region": st.sampled_from(["IN", "US"])}
            ),
            max_size=3,
        ),
        "images": st.lists(st.fixed_dictionaries({"url": SHORT_TEXTS}), max_size=2),
        "videos": st.lists(st.fixed_dictionaries({"url": SHORT_TEXTS}), max_size=2),
        "adult": st.booleans(),
        "source": st.sampled_from(["import", "a", "b"]),
    },
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(RECORD_DICTS, min_size=1, max_size=4))
def test_any_imported_record_exports_to_itself(
    db_session: Session, said: list[dict[str, Any]]
) -> None:
    titles.remove(db_session, [title.id for title in all_titles(db_session) if title.id])
    db_session.commit()
    records = to_records(said)
    import_batch(db_session, *records)
    before, logged = exported_lines(db_session), logged_title_ids(db_session)
    assert import_batch(db_session, *records).unchanged_count == len(records)
    assert (exported_lines(db_session), logged_title_ids(db_session)) == (before, logged)
    for line in before:
        one = reimport(db_session, [line])
        assert one == [line]
