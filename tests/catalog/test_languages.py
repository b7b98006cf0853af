import pytest

from catalog import languages
from vocabulary.writing_systems import script_of


@pytest.mark.parametrize(
    ("written", "code"), [("TE", "te"), (" hi ", "hi"), ("cn", "zh"), ("nb", "no"), ("en", "en")]
)
def test_codes_are_those_of_iso_639(written: str, code: str) -> None:
    assert languages.normalise_code(written) == code


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("TE", "te"),
        ("cn", "zh"),
        ("kok", "kok"),
        ("zxx", None),
        ("und", None),
        ("qq", None),
        ("te-IN", None),
        ("Telugu", None),
        ("", None),
    ],
)
def test_only_spoken_languages_are_languages(written: str, code: str | None) -> None:
    assert languages.canonical_language(written) == code


@pytest.mark.parametrize(
    ("language", "inside", "name"),
    [
        ("te", "en", "Telugu"),
        ("hi", "te", "హిందీ"),
        ("ta", "ta", "தமிழ்"),
        ("qqq", "en", "qqq"),
        ("te", "no such", "te"),
        ("te", "", "te"),
    ],
)
def test_languages_have_names_in_others_or_their_code(
    language: str, inside: str, name: str
) -> None:
    assert languages.language_name(language, in_language=inside) == name


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("India", "IN"),
        (" united states ", "US"),
        ("USA", "US"),
        ("UK", "GB"),
        ("West Germany", "DE"),
        ("Soviet Union", "RU"),
        ("Atlantis", None),
        ("", None),
    ],
)
def test_countries_are_found_by_their_english_names(name: str, code: str | None) -> None:
    assert languages.country_code(name) == code


def test_a_country_has_a_name_or_its_code() -> None:
    assert languages.country_name("JP") == "Japan"
    assert languages.country_name("QQ") == "QQ"


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("ఈగ", "Telu"),
        ("எந்திரன்", "Taml"),
        ("कल हो ना हो", "Deva"),
        ("ಕಾಂತಾರ", "Knda"),
        ("ദൃശ്യം", "Mlym"),
        ("もののけ", "Jpan"),
        ("Eega (ఈగ)", "Latn"),
        ("2.0", "Latn"),
        ("", "Latn"),
    ],
)
def test_the_script_of_most_letters_wins(text: str, script: str) -> None:
    assert script_of(text) == script


@pytest.mark.parametrize("language", languages.HOME_LANGUAGES)
def test_scripts_of_home_languages_identify_the_language(language: str) -> None:
    assert languages.language_of_script(languages.SCRIPT_OF_LANGUAGE[language]) == language


def test_latin_identifies_no_language() -> None:
    assert languages.language_of_script("Latn") is None
