import pytest

from search.language import romanised_text
from search.language.romanised_text import RomanisedReading
from search.language.transliteration import MAX_WORD_LETTERS, GraphoneModel, Transliterator


def read_romanised(text: str) -> RomanisedReading | None:
    return romanised_text.bundled_romanised_reader().read(text)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("ek ladka apni maa ke hatyare se badla leta hai", "hi"),
        ("oka police tana kuthurini vethukuthu untadu", "te"),
        ("oru gramathil pei veedu irukku", "ta"),
        ("ondu hudugi thanna appana saavige sedu theerisikolluthale", "kn"),
        ("oru achan thante makale rakshikkan sramikkunnu", "ml"),
    ],
)
def test_the_language_of_a_romanised_plot_is_recognised(text: str, language: str) -> None:
    reading = read_romanised(text)
    assert reading is not None
    assert reading.language == language


@pytest.mark.parametrize(
    "text",
    [
        "man reborn as a housefly",
        "two brothers separated in childhood meet as enemies",
        "a teacher in a small village",
        "the",
        "",
        "12345 !!",
    ],
)
def test_english_text_has_no_romanised_reading(text: str) -> None:
    assert read_romanised(text) is None


def test_words_are_read_in_their_script_and_in_english() -> None:
    reading = read_romanised("ek ladka apni maa ka badla leta hai")
    assert reading is not None
    assert "लड़का" in reading.native_text
    assert {"boy", "revenge"} <= set(reading.english_text.split())


def test_english_words_in_a_romanised_text_are_kept() -> None:
    reading = read_romanised(
        "oka police officer tana kuthurini kidnap chesina vaallanu champuthadu"
    )
    assert reading is not None
    assert {"police", "officer", "kidnap", "daughter"} <= set(reading.english_text.split())


@pytest.mark.parametrize("text", ["a" * 10_000, "ka " * 5_000, "\x00\ud800 ek ladka", "🎬" * 500])
def test_any_text_can_be_read(text: str) -> None:
    read_romanised(text)


def test_spellings_are_chained_from_graphones() -> None:
    graphones = GraphoneModel(
        pairs=[("", ""), ("$", "$"), ("k", "క"), ("a", ""), ("a", "ా"), ("ka", "క")],
        unigram_log_probabilities=[-9.0, -1.0, -1.0, -3.0, -1.5, -2.0],
        bigram_log_probabilities=[{2: -0.1}, {}, {4: -0.1}, {}, {1: -0.1}, {}],
        backoff_log_weights=[-2.0] * 6,
    )
    assert Transliterator(graphones).candidates("ka")[0] == "కా"
    assert Transliterator(graphones).candidates("xyz") == ()
    assert Transliterator(graphones).candidates("k" * (MAX_WORD_LETTERS + 1)) == ()


@pytest.mark.parametrize(
    ("language", "latin", "native"),
    [("hi", "badla", "बदला"), ("te", "ammayi", "అమ్మాయి"), ("kn", "huduga", "ಹುಡುಗ")],
)
def test_bundled_spellings_of_everyday_words(language: str, latin: str, native: str) -> None:
    languages = romanised_text.bundled_romanised_reader()._languages
    assert native in languages[language].transliterator.candidates(latin)
