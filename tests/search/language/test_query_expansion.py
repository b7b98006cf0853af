from collections.abc import Sequence

import numpy as np
import pytest

from index.query import Matrix
from search.language.query_expansion import Meaning, bundled


def english_of(text: str) -> str:
    return bundled().read(text).texts[-1][0]


def test_english_is_read_as_it_is() -> None:
    meaning = bundled().read("a potter who carves flutes")
    assert meaning.texts == (("a potter who carves flutes", 1.0),)
    assert {"potter", "carv", "flute"} <= {stem for each in meaning.words for stem in each}


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
def test_the_languages_of_india_are_read_in_english_too(text: str, words: set[str]) -> None:
    assert words <= set(english_of(text).split())


def test_words_typed_as_they_are_meant_weigh_as_much_as_all_readings() -> None:
    for text in ("ghost story", "பேய் வீடு", "bhootiya haveli wali film"):
        assert sum(weight for _, weight in bundled().read(text).texts) == pytest.approx(1.0)


def test_nothing_says_nothing() -> None:
    assert bundled().read("  ") == Meaning((), ())
    assert bundled().read("  ").vector(unused) is None


def test_the_vector_is_the_weighted_mean_direction() -> None:
    meaning = Meaning((("a", 0.75), ("b", 0.25)), ())
    vector = meaning.vector(lambda texts: np.eye(len(texts), dtype=np.float32))
    assert vector is not None
    assert vector == pytest.approx(np.array([0.75, 0.25]) / np.hypot(0.75, 0.25), abs=1e-6)


@pytest.mark.parametrize("text", ["\ud800", "అ" * 10_000, "\u202e" * 50, "a\x00b", "🎬"])
def test_any_text_is_read(text: str) -> None:
    bundled().read(text)


def unused(_: Sequence[str]) -> Matrix:
    raise AssertionError("nothing to embed")
