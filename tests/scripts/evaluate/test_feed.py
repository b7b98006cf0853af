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


def test_viewers_are_reproducible_and_distinct(
    simulation_titles: SimulationCatalogue, viewers: list[EvaluationViewer]
) -> None:
    assert (
        draw_viewer(simulation_titles, CONTENT_AND_METADATA_WORLD, seed=1, number=7) == viewers[7]
    )
    assert (
        draw_viewer(simulation_titles, CONTENT_AND_METADATA_WORLD, seed=2, number=7).hidden_likes
        != viewers[7].hidden_likes
    )
    assert len({viewer.hidden_likes for viewer in viewers}) == VIEWER_COUNT


def test_hidden_likes_have_no_reaction(viewers: list[EvaluationViewer]) -> None:
    for viewer in viewers:
        reacted_ids = [event.title_id for event in viewer.history.reactions]
        assert len(reacted_ids) == len(set(reacted_ids)) == REACTIONS_PER_VIEWER
        assert viewer.hidden_likes
        assert not viewer.hidden_likes & set(reacted_ids)
        moments = [event.at for event in viewer.history.reactions]
        assert moments == sorted(moments)


def test_reactions_reveal_likes_and_dislikes(
    viewers: list[EvaluationViewer],
) -> None:
    opinions = [
        title_state.opinion_score(each)
        for viewer in viewers
        for each in title_states(viewer.history).values()
    ]
    assert all(liked_titles(viewer.history) for viewer in viewers)
    assert (
        sum(opinion >= title_state.WATCHED_SCORE for opinion in opinions)
        > VIEWER_COUNT * REACTIONS_PER_VIEWER / 2
    )
    assert sum(opinion < 0 for opinion in opinions) > VIEWER_COUNT * REACTIONS_PER_VIEWER / 10


def test_viewers_are_shown_more_famous_titles_than_they_like(
    simulation_titles: SimulationCatalogue, viewers: list[EvaluationViewer]
) -> None:
    def fame(title_ids: Iterator[int]) -> float:
        return float(
            np.mean([simulation_titles.fame[simulation_titles.row_of[each]] for each in title_ids])
        )

    shown_fame = fame(title_id for viewer in viewers for title_id in liked_titles(viewer.history))
    hidden_fame = fame(title_id for viewer in viewers for title_id in viewer.hidden_likes)
    assert shown_fame > hidden_fame


def test_metadata_world_ignores_vectors(
    simulation_titles: SimulationCatalogue,
) -> None:
    rng = np.random.default_rng(1)
    other = SimulationCatalogue(
        simulation_titles.summaries, rng.standard_normal((len(simulation_titles), 8), np.float32)
    )
    for number in range(5):
        viewer = draw_viewer(simulation_titles, METADATA_WORLD, seed=1, number=number)
        assert draw_viewer(other, METADATA_WORLD, seed=1, number=number) == viewer
        assert draw_viewer(other, CONTENT_AND_METADATA_WORLD, seed=1, number=number) != viewer


def test_baselines_recommend_no_known_and_no_repeated_title(
    catalogue_view: CatalogueView,
    simulation_titles: SimulationCatalogue,
    viewers: list[EvaluationViewer],
) -> None:
    for name, recommend in (
        FeedBaselines(simulation_titles, catalogue_view.index, seed=1).all().items()
    ):
        for viewer in viewers[:10]:
            title_ids = recommend(viewer.history, 20)
            assert len(set(title_ids)) == 20, name
            assert not {event.title_id for event in viewer.history.reactions} & set(title_ids), name


def test_accuracy_of_a_small_example() -> None:
    hits = np.array([[True, False, True], [False, False, False], [False, True, False]])
    metrics = accuracy(hits, np.array([4, 2, 1]))
    assert metrics.hit_rate == pytest.approx(2 / 3)
    assert metrics.precision == pytest.approx(3 / 9)
    assert metrics.recall == pytest.approx((2 / 4 + 0 + 1) / 3)
    ideal = 1 + 1 / np.log2(3) + 1 / 2
    assert metrics.ndcg == pytest.approx(((1 + 1 / 2) / ideal + 0 + 1 / np.log2(3)) / 3)


def test_feed_finds_hidden_likes(catalogue_view: CatalogueView) -> None:
    results = feed.evaluate_crowd(
        feed.simulated_crowd(
            catalogue_view, CONTENT_AND_METADATA_WORLD, catalogue="seed", viewer_count=150, seed=3
        ),
        seed=3,
    )
    ours = results[feed.RASIKA]
    rates = {name: each.accuracy.hit_rate for name, each in results.items()}
    assert max(rates, key=lambda name: rates[name]) == feed.RASIKA
    assert feed.hit_rate_ratio(ours, results[POPULARITY]) > 2
    assert ours.coverage > 0.6
    assert results["random"].coverage > ours.coverage > results[POPULARITY].coverage


def test_first_ratings_are_visible_and_later_high_ones_hidden(
    db_session: Session,
    make_record: Callable[..., Record],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    films = [
        make_record(f"Film {n}", year=2000 + n, external_ids={"imdb": f"tt{n}"}) for n in range(9)
    ]
    ids = Importer().store(db_session, films).created_ids
    lines = [f"user1,tt{n},{stars},{n}" for n, stars in enumerate([4, 1, 5, 2, 4, 3.5, 5, 9])]
    lines[7] = "user1,tt99,5,7"  # a film that is not in the catalogue
    monkeypatch.setattr(ratings, "RATINGS_FILE", tmp_path / "ratings.csv.gz")
    with gzip.open(ratings.RATINGS_FILE, "wt") as file:
        file.write("\n".join(["user,imdb,rating,timestamp", *reversed(lines), "other,tt1,5,1"]))
    (viewer,) = ratings.rating_viewers(db_session)
    assert [event.title_id for event in viewer.history.reactions] == ids[:3]
    assert [event.value for event in viewer.history.reactions] == [4, 1, 5]
    assert viewer.hidden_likes == {ids[4], ids[6]}


def test_evaluate_feed_prints_and_writes_the_figures(
    seeded_resources: Resources,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    @contextmanager
    def open_seed(*_: object) -> Iterator[tuple[Resources, object]]:
        yield seeded_resources, seeded_resources.embedder

    monkeypatch.setattr(
        logging_setup, "configure_logging", lambda: None
    )  # it would last beyond the test
    monkeypatch.setattr(catalogues, "available_catalogues", lambda: iter([("seed", [])]))
    monkeypatch.setattr(catalogues, "open_catalogue", open_seed)
    monkeypatch.setattr(ratings, "RATINGS_FILE", tmp_path / "missing")
    file = tmp_path / "figures.json"
    with pytest.raises(SystemExit) as ended:
        main.main(["evaluate", "feed", "--people", "5", "--json", str(file)])
    assert ended.value.code == 0
    runs = json.loads(file.read_text())
    assert [run["about"].split("; ")[1:] for run in runs] == [
        [f"{size} people", world.name] for size, world in zip([5, 1, 1], WORLDS, strict=True)
    ]
    assert all(0 <= run[feed.RASIKA]["accuracy"]["hit_rate"] <= 1 for run in runs)
    assert "1 people; metadata alone" in capsys.readouterr().out
