import re
from string import Formatter

import pytest

from catalog import regions
from recommend.moods import Rasa, mood_name
from recommend.reason_texts import REASON_LANGUAGES, REASON_TEXTS, InflectedName
from recommend.reasons import reason_text, supported_language
from vocabulary.writing_systems import script_of

SCRIPTS = {"hi": "Deva", "te": "Telu", "ta": "Taml", "kn": "Knda", "ml": "Mlym"}
PLACEHOLDERS = {"title", "person", "language", "place", "genre", "rasa", "what"}


def placeholders(phrase: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(phrase) if name}


@pytest.mark.parametrize("code", REASON_TEXTS)
def test_every_reason_has_the_same_placeholders_in_all_languages(code: str) -> None:
    phrases = REASON_TEXTS[code]
    assert set(phrases) == set(REASON_LANGUAGES)
    asked = placeholders(phrases["en"])
    assert asked <= PLACEHOLDERS
    for language, phrase in phrases.items():
        assert placeholders(phrase) == asked, language


@pytest.mark.parametrize("language", SCRIPTS)
def test_texts_contain_only_their_own_script(language: str) -> None:
    for code, phrases in REASON_TEXTS.items():
        bare = re.sub(r"\{[^}]*\}", "", phrases[language])
        assert not re.search("[A-Za-z]", bare), code
        letters = {script_of(each) for each in bare if each.isalpha()}
        assert letters == {SCRIPTS[language]}, code


@pytest.mark.parametrize("language", REASON_LANGUAGES)
def test_texts_of_reasons_are_unique(language: str) -> None:
    said = [phrases[language] for phrases in REASON_TEXTS.values()]
    assert len(set(said)) == len(said)


@pytest.mark.parametrize("language", REASON_LANGUAGES)
def test_titles_appear_unchanged_in_reasons(language: str) -> None:
    for code, phrases in REASON_TEXTS.items():
        if placeholders(phrases["en"]) == {"title"}:
            assert "{K.G.F} 100 % 🙂" in reason_text(code, language, title="{K.G.F} 100 % 🙂")


def test_a_language_before_a_noun_drops_its_ending() -> None:
    assert reason_text("trending_language", "te", language="మలయాళం").startswith("మలయాళ భాషలో")
    assert reason_text("trending_language", "ta", language="தமிழ்").startswith("தமிழ் மொழியில்")
    assert reason_text("trending_language", "ml", language="മലയാളം").startswith("മലയാള ഭാഷയിൽ")


def test_a_region_has_its_attributive_form_before_viewers() -> None:
    def loved_in(region: str, language: str) -> str:
        place = regions.region_name(region, in_language=language)
        return reason_text("loved_in", language, place=place)

    assert loved_in("IN", "te") == "భారతదేశ ప్రేక్షకులు మెచ్చినది"
    assert loved_in("IN-TG", "te") == "తెలంగాణ ప్రేక్షకులు మెచ్చినది"
    assert loved_in("IN", "ta") == "இந்திய ரசிகர்கள் விரும்புவது"
    assert loved_in("IN", "kn") == "ಭಾರತದ ವೀಕ್ಷಕರು ಮೆಚ್ಚಿದ್ದು"


STATE_FORMS = {
    "ta": (
        "ஆந்திரப் பிரதேச, டெல்லி, குஜராத், கர்நாடக, கேரள, மகாராஷ்டிர, பஞ்சாப், தெலங்கானா, "
        "தமிழ்நாடு, உத்தரப் பிரதேச, மேற்கு வங்காள"
    ),
    "kn": (
        "ಆಂಧ್ರಪ್ರದೇಶದ, ದೆಹಲಿಯ, ಗುಜರಾತ್\u200cನ, ಕರ್ನಾಟಕದ, ಕೇರಳದ, ಮಹಾರಾಷ್ಟ್ರದ, "
        "ಪಂಜಾಬ್\u200cನ, ತೆಲಂಗಾಣದ, ತಮಿಳುನಾಡಿನ, ಉತ್ತರ ಪ್ರದೇಶದ, ಪಶ್ಚಿಮ ಬಂಗಾಳದ"
    ),
}


@pytest.mark.parametrize("language", STATE_FORMS)
def test_states_have_attributive_forms(language: str) -> None:
    names = [regions.region_name(code, in_language=language) for code in regions.STATE_NAMES]
    forms = [f"{InflectedName(name):attributive}" for name in names]
    assert forms == STATE_FORMS[language].split(", ")


def test_the_english_reason_of_a_mood_reads_with_every_name() -> None:
    name = mood_name(Rasa.DISGUST)
    assert reason_text("mood", rasa=name) == "Matches the mood: dark and disturbing"


def test_english_genres_are_lower_case_within_a_sentence() -> None:
    assert (
        reason_text("leaning_genre", genre="Science fiction") == "Because you like science fiction"
    )
    assert reason_text("leaning_genre", genre="LGBTQ") == "Because you like LGBTQ"


def test_unsupported_languages_get_english_reasons() -> None:
    assert [supported_language(each) for each in ("te", "TE-in", "fr", "", None)] == [
        "te",
        "te",
        *["en"] * 3,
    ]
    assert reason_text("new", "fr") == "New"


def test_a_missing_name_is_an_error() -> None:
    with pytest.raises(KeyError):
        reason_text("watched", "te")
