import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from sqlmodel import Session

from catalog.importer import Importer
from catalog.record import Record
from config import logging_setup
from config.resources import Resources
from recommend import title_state
from runtime.catalogue_view import CatalogueView
from scripts.cli import main
from scripts.evaluate import catalogues, feed, ratings
from scripts.evaluate.feed_baselines import POPULARITY, FeedBaselines, liked_titles, title_states
from scripts.evaluate.recommendation_metrics import accuracy
from scripts.evaluate.simulated_viewers import (
    CONTENT_AND_METADATA_WORLD,
    METADATA_WORLD,
    REACTIONS_PER_VIEWER,
    WORLDS,
    EvaluationViewer,
    draw_viewer,
    draw_viewers,
)
from scripts.evaluate.simulation_catalogue import SimulationCatalogue

VIEWER_COUNT = 60


@pytest.fixture(scope="module")
def simulation_titles(catalogue_view: CatalogueView) -> SimulationCatalogue:
    return feed.simulation_catalogue(catalogue_view)


@pytest.fixture(scope="module")
def viewers(simulation_titles: SimulationCatalogue) -> list[EvaluationViewer]:
    return list(
        draw_viewers(simulation_titles, CONTENT_AND_METADATA_WORLD, seed=1, viewers=VIEWER_COUNT)
    )


def test_a_person_is_the_same_in_every_run_and_like_nobody_else(
    simulation_titles: SimulationCatalogue, viewers: list[EvaluationViewer]
) -> None:
    assert (
        draw_viewer(simulation_titles, CONTENT_AND_METADATA_WORLD, seed=1, number=7) == viewers[7]
    )
    assert (
        draw_viewer(simulation_titles, CONTENT_AND_METADATA_WORLD, seed=2, number=7).hidden_likes
        != viewers[7].hidden_likes
    )
    assert len({person.hidden_likes for person in viewers}) == VIEWER_COUNT


def test_what_is_hidden_was_never_reacted_to(viewers: list[EvaluationViewer]) -> None:
    for person in viewers:
        heard = [done.title_id for done in person.history.reactions]
        assert len(heard) == len(set(heard)) == REACTIONS_PER_VIEWER
        assert person.hidden_likes
        assert not person.hidden_likes & set(heard)
        moments = [done.at for done in person.history.reactions]
        assert moments == sorted(moments)


def test_everybody_likes_something_and_reactions_tell_it_from_what_he_dislikes(
    viewers: list[EvaluationViewer],
) -> None:
    opinions = [
        title_state.opinion_score(each)
        for person in viewers
        for each in title_states(person.history).values()
    ]
    assert all(liked_titles(person.history) for person in viewers)
    assert (
        sum(opinion >= title_state.WATCHED_SCORE for opinion in opinions)
        > VIEWER_COUNT * REACTIONS_PER_VIEWER / 2
    )
    assert sum(opinion < 0 for opinion in opinions) > VIEWER_COUNT * REACTIONS_PER_VIEWER / 10


def test_people_are_shown_the_famous_more_than_they_like_them(
    simulation_titles: SimulationCatalogue, viewers: list[EvaluationViewer]
) -> None:
    def fame(title_ids: Iterator[int]) -> float:
        return float(
            np.mean([simulation_titles.fame[simulation_titles.row_of[each]] for each in title_ids])
        )

    shown = fame(title_id for person in viewers for title_id in liked_titles(person.history))
    hidden = fame(title_id for person in viewers for title_id in person.hidden_likes)
    assert shown > hidden


def test_where_metadata_alone_moves_people_vectors_are_not_looked_at(
    simulation_titles: SimulationCatalogue,
) -> None:
    rng = np.random.default_rng(1)
    other = SimulationCatalogue(
        simulation_titles.listings, rng.standard_normal((len(simulation_titles), 8), np.float32)
    )
    for number in range(5):
        person = draw_viewer(simulation_titles, METADATA_WORLD, seed=1, number=number)
        assert draw_viewer(other, METADATA_WORLD, seed=1, number=number) == person
        assert draw_viewer(other, CONTENT_AND_METADATA_WORLD, seed=1, number=number) != person


def test_nobody_recommends_what_was_reacted_to_nor_anything_twice(
    catalogue_view: CatalogueView,
    simulation_titles: SimulationCatalogue,
    viewers: list[EvaluationViewer],
) -> None:
    for name, recommend in (
        FeedBaselines(simulation_titles, catalogue_view.index, seed=1).all().items()
    ):
        for person in viewers[:10]:
            told = recommend(person.history, 20)
            assert len(set(told)) == 20, name
            assert not {done.title_id for done in person.history.reactions} & set(told), name


def test_accuracy_is_what_a_small_example_gives_by_hand() -> None:
    hits = np.array([[True, False, True], [False, False, False], [False, True, False]])
    came = accuracy(hits, np.array([4, 2, 1]))
    assert came.hit_rate == pytest.approx(2 / 3)
    assert came.precision == pytest.approx(3 / 9)
    assert came.recall == pytest.approx((2 / 4 + 0 + 1) / 3)
    ideal = 1 + 1 / np.log2(3) + 1 / 2
    assert came.ndcg == pytest.approx(((1 + 1 / 2) / ideal + 0 + 1 / np.log2(3)) / 3)


def test_the_feed_finds_what_people_like_in_secret(catalogue_view: CatalogueView) -> None:
    judged = feed.evaluate_crowd(
        feed.simulated_crowd(
            catalogue_view, CONTENT_AND_METADATA_WORLD, catalogue="seed", people=150, seed=3
        ),
        seed=3,
    )
    ours = judged[feed.RASIKA]
    rates = {name: each.accuracy.hit_rate for name, each in judged.items()}
    assert max(rates, key=lambda name: rates[name]) == feed.RASIKA
    assert feed.hit_rate_ratio(ours, judged[POPULARITY]) > 2
    assert ours.coverage > 0.6
    assert judged["random"].coverage > ours.coverage > judged[POPULARITY].coverage


def test_of_real_people_the_first_ratings_are_seen_and_the_high_ones_after_them_hidden(
    db_session: Session,
    make_record: Callable[..., Record],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    films = [
        make_record(f"Film {n}", year=2000 + n, external_ids={"imdb": f"tt{n}"}) for n in range(9)
    ]
    ids = Importer().store(db_session, films).created_ids
    lines = [f"somebody,tt{n},{stars},{n}" for n, stars in enumerate([4, 1, 5, 2, 4, 3.5, 5, 9])]
    lines[7] = "somebody,tt99,5,7"  # a film that is not in the catalogue
    monkeypatch.setattr(ratings, "RATINGS", tmp_path / "ratings.csv.gz")
    with gzip.open(ratings.RATINGS, "wt") as file:
        file.write("\n".join(["user,imdb,rating,timestamp", *reversed(lines), "other,tt1,5,1"]))
    (person,) = ratings.rating_viewers(db_session)
    assert [done.title_id for done in person.history.reactions] == ids[:3]
    assert [done.value for done in person.history.reactions] == [4, 1, 5]
    assert person.hidden_likes == {ids[4], ids[6]}


def test_evaluate_feed_prints_and_writes_the_figures(
    seeded_resources: Resources,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    @contextmanager
    def filled(*_: object) -> Iterator[tuple[Resources, object]]:
        yield seeded_resources, seeded_resources.embedder

    monkeypatch.setattr(
        logging_setup, "configure_logging", lambda: None
    )  # it would outlive the test
    monkeypatch.setattr(catalogues, "available_catalogues", lambda: iter([("seed", [])]))
    monkeypatch.setattr(catalogues, "open_catalogue", filled)
    monkeypatch.setattr(ratings, "RATINGS", tmp_path / "nothing")
    file = tmp_path / "figures.json"
    with pytest.raises(SystemExit) as ended:
        main.main(["evaluate", "feed", "--people", "5", "--json", str(file)])
    assert ended.value.code == 0
    written = json.loads(file.read_text())
    assert [run["about"].split("; ")[1:] for run in written] == [
        [f"{size} people", world.name] for size, world in zip([5, 1, 1], WORLDS, strict=True)
    ]
    assert all(0 <= run[feed.RASIKA]["accuracy"]["hit_rate"] <= 1 for run in written)
    assert "1 people; metadata alone" in capsys.readouterr().out
