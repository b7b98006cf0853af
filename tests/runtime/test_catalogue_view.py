import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from sqlalchemy import Engine, text

from catalog.importer import Importer
from catalog.record import Record
from db import changes, migrate, titles
from db.engine import connect, open_session
from index.query import Boosts, Query
from runtime.catalogue_reader import CatalogueReader
from runtime.catalogue_view import CatalogueView
from search.suggestions.suggestion import SuggestionRequest
from services import seeding
from services.embedding import embed_titles
from services.popularity import refresh_popularity
from tests.fake_embedder import FakeEmbedder
from tests.waiting import wait_until
from vocabulary.kinds import Space
from vocabulary.title_summary import TitleSummary

Make = Callable[..., Record]
LOADER = CatalogueReader({Space.CONTENT: "fake"}, {"IN": {"te": 1.0}})


@pytest.fixture
def catalogue_view(own_database: Engine) -> Iterator[CatalogueView]:
    """Loaded, and following the change log."""
    following = CatalogueView(own_database, LOADER)
    following.load()
    following.start()
    yield following
    following.stop()


def store(own: Engine, *records: Record) -> list[int]:
    with open_session(own) as writing:
        stored = Importer().store(writing, records)
        writing.commit()
    return stored.changed_ids


def matching_titles(live: CatalogueView, name: str) -> list[int]:
    return [match.title_id for match in live.names.match(name)]


def test_what_is_there_is_loaded(own_database: Engine, make_record: Make) -> None:
    ids = store(own_database, make_record("Eega"), make_record("Magadheera"))
    live = CatalogueView(own_database, LOADER)
    live.load()
    assert sorted(live.titles) == ids
    assert len(live.index) == 2
    assert matching_titles(live, "eega") == ids[:1]


def test_a_title_imported_elsewhere_is_found_within_a_second(
    own_database: Engine, catalogue_view: CatalogueView, make_record: Make
) -> None:
    (number,) = store(own_database, make_record("Eega"))
    wait_until(lambda: matching_titles(catalogue_view, "eega"))
    assert number in catalogue_view.index
    assert catalogue_view.titles[number].title == "Eega"


def test_a_corrected_title_goes_by_its_new_name(
    own_database: Engine, catalogue_view: CatalogueView, make_record: Make
) -> None:
    (number,) = store(own_database, make_record("Eega", external_ids={"imdb": "tt1"}))
    wait_until(lambda: number in catalogue_view.titles)
    store(own_database, make_record("Makkhi", external_ids={"imdb": "tt1"}, runtime_minutes=134))
    wait_until(lambda: matching_titles(catalogue_view, "makkhi"))
    assert catalogue_view.titles[number].runtime_minutes == 134


def test_suggestions_follow_a_title_from_its_import_to_its_end(
    own_database: Engine, catalogue_view: CatalogueView, make_record: Make
) -> None:
    def suggested(text: str) -> list[str]:
        found = catalogue_view.suggester.suggest(SuggestionRequest(folded=text, region="IN"))
        return [each.subject.title for each in found if isinstance(each.subject, TitleSummary)]

    (number,) = store(own_database, make_record("Eega", external_ids={"imdb": "tt1"}))
    wait_until(lambda: suggested("ee") == ["Eega"])
    store(own_database, make_record("Makkhi", external_ids={"imdb": "tt1"}, runtime_minutes=134))
    wait_until(lambda: suggested("ma") == ["Makkhi"])
    with open_session(own_database) as writing:
        titles.remove(writing, [number])
        changes.record(writing, [number])
        writing.commit()
    wait_until(lambda: suggested("ma") == [])


def test_a_removed_title_vanishes(
    own_database: Engine, catalogue_view: CatalogueView, make_record: Make
) -> None:
    gone, stays = store(own_database, make_record("Eega"), make_record("Magadheera"))
    wait_until(lambda: stays in catalogue_view.index)
    with open_session(own_database) as writing:
        titles.remove(writing, [gone])
        changes.record(writing, [gone])
        writing.commit()
    wait_until(lambda: gone not in catalogue_view.index)
    wait_until(lambda: gone not in catalogue_view.titles)
    assert matching_titles(catalogue_view, "eega") == []
    assert len(catalogue_view.index) == 1


def test_a_reload_swaps_everything_in(
    own_database: Engine, catalogue_view: CatalogueView, make_record: Make
) -> None:
    (number,) = store(own_database, make_record("Eega"))
    wait_until(lambda: number in catalogue_view.titles)
    before = catalogue_view.titles
    with own_database.begin() as connection:  # behind the change log's back
        connection.execute(text("UPDATE title SET title = 'Makkhi'"))
    with open_session(own_database) as writing:
        assert seeding.request_reload(writing) == 1
        writing.commit()
    wait_until(lambda: catalogue_view.titles is not before)
    assert catalogue_view.titles[number].title == "Makkhi"
    assert before[number].title == "Eega"
    store(own_database, make_record("Magadheera"))
    wait_until(lambda: len(catalogue_view.titles) == 2)


def test_the_index_follows_vectors_and_popularity(
    own_database: Engine, catalogue_view: CatalogueView, make_record: Make
) -> None:
    fake = FakeEmbedder()
    counts = (3, 9, 1, 5, 7)
    ids = store(own_database, *(make_record(f"Title {n}", popularity=n) for n in counts))
    with open_session(own_database) as writing:
        embed_titles(writing, fake, ids)
        refresh_popularity(writing)
        writing.commit()
    ranked = Query(boosts=Boosts(popularity=1), k=5)
    best_first = [ids[place] for place in np.argsort(counts)[::-1]]
    wait_until(lambda: [hit.title_id for hit in catalogue_view.index.search(ranked)] == best_first)
    (vector,) = catalogue_view.index.vectors([ids[2]], Space.CONTENT)
    (nearest,) = catalogue_view.index.search(Query(vector=vector, k=1))
    assert nearest.title_id == ids[2]


def test_many_changes_at_once_are_all_followed(
    own_database: Engine, catalogue_view: CatalogueView, make_record: Make
) -> None:
    for start in range(0, 300, 50):
        store(own_database, *(make_record(f"Title {n}") for n in range(start, start + 50)))
    # The index comes after what it leads to.
    wait_until(lambda: len(catalogue_view.index) == 300)
    assert len(catalogue_view.titles) == 300


def test_the_follower_survives_a_database_that_goes_away(
    own_database: Engine, catalogue_view: CatalogueView, make_record: Make
) -> None:
    with open_session(own_database) as closing:
        for _ in range(3):
            closing.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
            time.sleep(0.3)
    (number,) = store(own_database, make_record("Eega"))
    wait_until(lambda: number in catalogue_view.titles)


def test_the_follower_tells_how_long_ago_it_heard_of_the_database(
    own_database: Engine, catalogue_view: CatalogueView
) -> None:
    before = catalogue_view.caught_up_at
    wait_until(lambda: catalogue_view.caught_up_at > before)


def test_the_follower_survives_a_time_without_a_free_connection(
    empty_database_url: str, make_record: Make
) -> None:
    scarce = connect(empty_database_url, pool_size=1, connect_timeout_s=1)
    migrate.upgrade(scarce)
    live = CatalogueView(scarce, LOADER)
    live.load()
    live.start()
    with scarce.connect(), scarce.connect():
        before = live.caught_up_at
        time.sleep(1.6)
        assert live.caught_up_at - before < 0.5
    (number,) = store(scarce, make_record("Eega"))
    wait_until(lambda: number in live.titles)
    live.stop()
    scarce.dispose()


def test_a_follower_that_never_started_can_be_stopped(own_database: Engine) -> None:
    CatalogueView(own_database, LOADER).stop()
