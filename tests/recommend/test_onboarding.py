"""What is offered to begin with, over a shelf of the test's own."""

from collections.abc import Sequence

import numpy as np
import pytest

from index.query import Hit
from recommend import onboarding
from recommend.ranking import RankingFeatures
from vocabulary.arrays import Matrix
from vocabulary.ids import TitleId

SHARES = {"te": 0.5, "ta": 0.25, "hi": 0.25}
OTHER_LANGUAGE_TITLES = 40  # titles of a fourth language


def hit(title_id: TitleId) -> Hit:
    return Hit(title_id, 0.0, 1 / title_id, 0.0, 0.0)


def ranking_features(title_id: TitleId) -> RankingFeatures | None:
    """Titles 1xx are Telugu, 2xx Tamil, 3xx Hindi, 4xx Bengali; 13 stories, 9 directors."""
    if title_id == 101:
        return None  # it has just gone
    return RankingFeatures(
        title_id=title_id,
        language=["te", "ta", "hi", "bn"][title_id // 100 - 1],
        genres=(f"genre-{title_id % 5}",),
        directors=(f"director-{title_id % 9}",),
        franchise=f"story-{title_id % 13}",
        traits=frozenset(),
    )


def vectors(ids: Sequence[TitleId]) -> Matrix:
    rng = np.random.default_rng(3)
    rows = rng.standard_normal((600, 16)).astype(np.float32)
    found: Matrix = (rows / np.linalg.norm(rows, axis=1, keepdims=True))[list(ids)]
    return found


def selected_ids(*, k: int, titles_per_language: int = 60) -> list[TitleId]:
    found = [
        [hit(n) for n in range(first, first + titles_per_language)] for first in (101, 201, 301)
    ]
    everything = [
        *found[0],
        *found[1],
        *found[2],
        *map(hit, range(401, 401 + OTHER_LANGUAGE_TITLES)),
    ]
    hits = onboarding.select_titles(
        SHARES, [*found, everything], features_of=ranking_features, vectors=vectors, k=k
    )
    return [hit.title_id for hit in hits]


def test_languages_alternate_by_their_shares() -> None:
    ids = selected_ids(k=16)
    assert len(set(ids)) == 16
    for shown in (8, 16):
        spoken = [number // 100 for number in ids[:shown]]
        assert [spoken.count(language) for language in (1, 2, 3)] == [shown // 2, *[shown // 4] * 2]


def test_no_franchise_repeats_and_no_genre_dominates() -> None:
    ids = [number for number in selected_ids(k=20) if number // 100 == 1]
    assert len({number % 13 for number in ids}) == len(ids) == 10
    genres = [number % 5 for number in ids]
    assert max(map(genres.count, genres)) <= 3


def test_other_languages_follow_if_there_are_too_few_titles() -> None:
    ids = selected_ids(k=40, titles_per_language=6)
    assert len(set(ids)) == 40
    assert {number // 100 for number in ids[-20:]} == {4}


def test_an_empty_catalogue_offers_nothing() -> None:
    assert (
        onboarding.select_titles(
            SHARES, [[], [], [], []], features_of=ranking_features, vectors=vectors, k=9
        )
        == []
    )


@pytest.mark.parametrize(
    ("asked", "said", "shares"),
    [
        (["ta"], {"te": 1.0}, {"ta": 1.0}),
        ([], {"te": 1.0, "hi": 0.5, "en": 0.0}, {"te": 2 / 3, "hi": 1 / 3}),
        ([], {}, {"te": 0.8 / 0.9, "ml": 0.1 / 0.9}),
        ([], {"en": 0.0}, {"te": 0.8 / 0.9, "ml": 0.1 / 0.9}),
    ],
)
def test_languages_come_from_the_request_the_profile_or_the_region(
    asked: list[str], said: dict[str, float], shares: dict[str, float]
) -> None:
    found = onboarding.language_shares(asked, said, {"te": 0.8, "ml": 0.0})
    assert found == pytest.approx(shares)
