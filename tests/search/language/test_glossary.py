import math
import re
import unicodedata

import pytest

from search.language.bundled_data import glossary_file
from search.language.glossary import Glossary, bundled_glossaries, read_glosses
from search.names.phonetic import phonetic_key

SCRIPT_BY_LANGUAGE = {
    "te": "TELUGU",
    "ta": "TAMIL",
    "hi": "DEVANAGARI",
    "kn": "KANNADA",
    "ml": "MALAYALAM",
}
ENGLISH_PATTERN = re.compile(r"-|[a-z' ]+")
MIN_GLOSSARY_LINES = 1000


def glossary_of(*lines: tuple[str, str]) -> Glossary:
    return Glossary(read_glosses(lines), [phonetic_key(form) for form, _ in lines])


def test_a_word_is_found_in_any_script() -> None:
    glossary = glossary_of(("కూతురు", "daughter"), ("కూతుర్ని", "daughter"), ("ఒక", "-"))
    for word in ("కూతురు", "kuthuru", "koothuru"):
        gloss = glossary.look_up(word)
        assert gloss is not None
        assert (gloss.english, gloss.ending_letters) == ("daughter", 0)
    article = glossary.look_up("oka")
    assert article is not None
    assert article.english == ""


def test_an_ending_is_never_most_of_a_word() -> None:
    glossary = glossary_of(("கிராமம்", "village"), ("கிராம", "village"))
    inflected = glossary.look_up("கிராமத்தில்")
    assert inflected is not None
    assert inflected.english == "village"
    assert glossary.look_up("கி") is None
    assert glossary.look_up("xyz") is None


def test_a_whole_word_is_more_probable_than_a_stem_with_an_ending() -> None:
    glossary = glossary_of(("घर", "house"))
    assert glossary.log_probability("ghar") > glossary.log_probability("gharo") > -math.inf
    assert glossary.log_probability("xyz") == -math.inf


@pytest.mark.parametrize("language", SCRIPT_BY_LANGUAGE)
def test_every_line_of_a_glossary_is_well_formed(language: str) -> None:
    lines = glossary_file(language).read_text(encoding="utf-8").splitlines()
    assert len(lines) >= MIN_GLOSSARY_LINES
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        forms, _, english = line.partition("\t")
        assert ENGLISH_PATTERN.fullmatch(english), (number, english)
        for form in forms.split():
            assert form not in seen, (number, form)
            seen.add(form)
            for letter in form:
                is_native = unicodedata.name(letter).startswith(SCRIPT_BY_LANGUAGE[language])
                assert is_native or letter in "\u200c\u200d", (number, form)


@pytest.mark.parametrize(
    ("language", "word", "english"),
    [
        ("te", "pelli", "marriage"),
        ("ta", "பேய்", "ghost"),
        ("hi", "badla", "revenge"),
        ("kn", "ಹುಡುಗಿ", "girl"),
        ("ml", "കൊലപാതകം", "murder"),
    ],
)
def test_bundled_glossaries_have_common_plot_words(language: str, word: str, english: str) -> None:
    gloss = bundled_glossaries()[language].look_up(word)
    assert gloss is not None
    assert english in gloss.english
