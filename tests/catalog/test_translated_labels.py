import pytest

from catalog import genres, languages, regions
from catalog.languages import SCRIPT_OF_LANGUAGE
from catalog.translated_labels import LABEL_LANGUAGES
from vocabulary.writing_systems import script_of


@pytest.mark.parametrize("language", LABEL_LANGUAGES)
def test_every_genre_and_state_has_a_unique_name_in_each_script(language: str) -> None:
    for codes, named in ((genres.GENRES, genres.label), (regions.STATE_NAMES, regions.region_name)):
        names = [named(code, in_language=language) for code in codes]
        for name in names:
            assert {script_of(each) for each in name if each.isalpha()} == {
                SCRIPT_OF_LANGUAGE[language]
            }
        assert len(set(names)) >= len(names) - 1  # Telugu has one word for erotic and for love


@pytest.mark.parametrize("labels", [genres.TRANSLATED_LABELS, regions.TRANSLATED_STATE_NAMES])
def test_only_known_genres_and_states_have_translations(labels: dict[str, dict[str, str]]) -> None:
    assert set(labels) in (set(genres.GENRES), set(regions.STATE_NAMES))


def test_a_language_without_labels_gets_the_english_one() -> None:
    assert genres.label("war") == genres.label("war", in_language="fr") == "War"
    assert regions.region_name("IN-TG", in_language="fr") == "Telangana"
    assert genres.label("giallo", in_language="te") == "Giallo"


def test_country_names_come_from_the_cldr() -> None:
    assert languages.country_name("JP", in_language="te") == "జపాన్"
    assert regions.region_name("IN", in_language="ta") == "இந்தியா"
    assert languages.country_name("JP", in_language="zz") == "JP"
