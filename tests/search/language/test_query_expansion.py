from collections.abc import Sequence

import numpy as np
import pytest

from search.language.query_expansion import QueryExpansion, bundled_expander
from vocabulary.arrays import Matrix


def english_reading(text: str) -> str:
    return bundled_expander().expand(text).readings[-1][0]


def test_english_has_one_reading() -> None:
    expansion = bundled_expander().expand("a potter who carves flutes")
    assert expansion.readings == (("a potter who carves flutes", 1.0),)
    assert {"potter", "carv", "flute"} <= {stem for each in expansion.plot_terms for stem in each}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ప్రియురాలిని చంపిన విలన్ మీద పగ", {"girlfriend", "killed", "revenge"}),
        ("भूतिया हवेली में पुलिस", {"police", "mansion"}),
        ("பேய் வீடு", {"ghost", "house"}),
        ("ಪೊಲೀಸ್ ಮಗಳು", {"police", "daughter"}),
        ("ഒരു അച്ഛൻ മകളെ രക്ഷിക്കുന്നു", {"father", "daughter"}),
        ("bhootiya haveli wali film", {"haunted", "mansion"}),
    ],
)
def test_indian_languages_have_an_english_reading(text: str, words: set[str]) -> None:
    assert words <= set(english_reading(text).split())


def test_the_weights_of_readings_sum_to_one() -> None:
    for text in ("ghost story", "பேய் வீடு", "bhootiya haveli wali film"):
        assert sum(
            weight for _, weight in bundled_expander().expand(text).readings
        ) == pytest.approx(1.0)


def test_an_empty_text_has_no_readings() -> None:
    assert bundled_expander().expand("  ") == QueryExpansion((), ())
    assert bundled_expander().expand("  ").mean_vector(fail_to_embed) is None


def test_the_query_vector_is_the_weighted_mean_direction() -> None:
    expansion = QueryExpansion((("a", 0.75), ("b", 0.25)), ())
    vector = expansion.mean_vector(lambda texts: np.eye(len(texts), dtype=np.float32))
    assert vector is not None
    assert vector == pytest.approx(np.array([0.75, 0.25]) / np.hypot(0.75, 0.25), abs=1e-6)


@pytest.mark.parametrize("text", ["\ud800", "అ" * 10_000, "\u202e" * 50, "a\x00b", "🎬"])
def test_any_text_can_be_expanded(text: str) -> None:
    bundled_expander().expand(text)


def fail_to_embed(_: Sequence[str]) -> Matrix:
    raise AssertionError("nothing to embed")
