from pathlib import Path

import numpy as np
import pytest

from catalog import genres
from embeddings.embedder import Embedder
from recommend import moods
from recommend.moods import EXAMPLE_PLOTS, MOOD_GENRE_WEIGHTS, Rasa, genre_mood_weight, mood_vectors
from recommend.reason_texts import REASON_LANGUAGES
from runtime.catalogue_view import CatalogueView
from tests.fake_embedder import FakeEmbedder
from vocabulary.kinds import Space

LABEL_LINES = Path(__file__).with_name("mood_labels.txt").read_text(encoding="utf-8").splitlines()
LABELLED_TITLES = {
    Rasa(mood): frozenset(titles.split(" | "))
    for mood, titles in (line.split(": ", 1) for line in LABEL_LINES)
}
"""Seed titles that carry a mood, judged by hand and by name; not every one that does."""

GENRE_WEIGHT = 0.15  # of what genres carry, beside a cosine


def test_every_mood_has_plots_and_genres_that_exist() -> None:
    assert set(EXAMPLE_PLOTS) == set(MOOD_GENRE_WEIGHTS) == set(Rasa)
    for weights in MOOD_GENRE_WEIGHTS.values():
        assert set(weights) <= set(genres.GENRES)
        assert max(weights.values()) <= 1


@pytest.mark.parametrize("language", REASON_LANGUAGES)
def test_mood_names_are_unique_in_every_language(language: str) -> None:
    assert len({moods.mood_name(mood, language) for mood in Rasa}) == len(Rasa)


def test_mood_names_fall_back_to_english() -> None:
    assert moods.mood_name(Rasa.WONDER, "fr") == "Wonder"


def test_the_first_genre_counts_most_for_a_mood() -> None:
    assert genre_mood_weight(Rasa.LAUGHTER, ["comedy", "horror"]) == 1
    assert 0 < genre_mood_weight(Rasa.LAUGHTER, ["crime", "thriller", "comedy"]) < 1
    assert genre_mood_weight(Rasa.LAUGHTER, ["war"]) == genre_mood_weight(Rasa.LAUGHTER, []) == 0


def test_mood_vectors_are_distinct_directions() -> None:
    found = np.stack(list(mood_vectors(FakeEmbedder(dim=64)).values()))
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)
    assert (found @ found.T)[~np.eye(len(found), dtype=bool)].max() < 0.5


@pytest.fixture(scope="module")
def titles_by_mood(catalogue_view: CatalogueView, embedder: Embedder) -> dict[Rasa, list[str]]:
    """The names of the seed titles for each mood, the best first."""
    ids = list(catalogue_view.titles)
    rows = catalogue_view.index.vectors(ids, Space.CONTENT)
    found = {}
    for mood, vector in mood_vectors(embedder).items():
        genres = [genre_mood_weight(mood, catalogue_view.titles[each].genres) for each in ids]
        best = np.argsort(-(rows @ vector + GENRE_WEIGHT * np.array(genres)))
        found[mood] = [catalogue_view.titles[ids[at]].title for at in best]
    return found


@pytest.mark.parametrize("mood", Rasa)
def test_the_top_titles_of_a_mood_are_the_expected_ones(
    mood: Rasa, titles_by_mood: dict[Rasa, list[str]]
) -> None:
    named = [title in LABELLED_TITLES[mood] for title in titles_by_mood[mood][:20]]
    assert sum(named) >= 8, titles_by_mood[mood][:20]


def test_moods_rank_labelled_titles_high(titles_by_mood: dict[Rasa, list[str]]) -> None:
    precisions = [average_precision(titles_by_mood[mood], LABELLED_TITLES[mood]) for mood in Rasa]
    assert np.mean(precisions) > 0.5, dict(zip(Rasa, precisions, strict=True))


def average_precision(ranked: list[str], relevant: frozenset[str]) -> float:
    named = np.array([title in relevant for title in ranked])
    return float((named.cumsum() / np.arange(1, len(named) + 1))[named].mean())


@pytest.mark.parametrize(
    ("language", "love", "rasa"), [("te", "ప్రేమ", "శృంగారం"), ("kn", "ಪ್ರೀತಿ", "ಶೃಂಗಾರ")]
)
def test_love_is_not_named_like_the_genre_erotic(language: str, love: str, rasa: str) -> None:
    assert moods.mood_name(Rasa.LOVE, language) == love
    assert moods.mood_name(Rasa.LOVE, language) != genres.label("erotic", in_language=language)
    assert moods.rasa_name(Rasa.LOVE, language) == rasa
    assert moods.parse_mood(love) is moods.parse_mood(rasa) is Rasa.LOVE


def test_the_mood_of_disgust_has_an_everyday_name_and_is_understood_by_both() -> None:
    assert moods.mood_name(Rasa.DISGUST) == "Dark and disturbing"
    assert moods.parse_mood("disgust") is moods.parse_mood("dark and disturbing") is Rasa.DISGUST
