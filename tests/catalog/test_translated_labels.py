import pytest

from catalog import genres, languages, regions
from catalog.languages import SCRIPTS
from catalog.translated_labels import COLUMNS
from embeddings.scripts import script_of


@pytest.mark.parametrize("language", COLUMNS)
def test_every_genre_and_state_has_a_name_of_its_own_in_the_script(language: str) -> None:
    for codes, named in ((genres.GENRES, genres.label), (regions.NAMES, regions.name)):
        names = [named(code, inside=language) for code in codes]
        for name in names:
            assert {script_of(each) for each in name if each.isalpha()} == {SCRIPTS[language]}
        assert len(set(names)) >= len(names) - 1  # Telugu has one word for erotic and for love


@pytest.mark.parametrize("labels", [genres.LABELS, regions.STATES])
def test_nothing_is_named_that_is_not_there(labels: dict[str, dict[str, str]]) -> None:
    assert set(labels) in (set(genres.GENRES), set(regions.NAMES))


def test_a_language_that_has_no_label_is_told_the_english_one() -> None:
    assert genres.label("war") == genres.label("war", inside="fr") == "War"
    assert regions.name("IN-TG", inside="fr") == "Telangana"
    assert genres.label("giallo", inside="te") == "Giallo"


def test_countries_are_named_as_the_cldr_does() -> None:
    assert languages.country_name("JP", inside="te") == "జపాన్"
    assert regions.name("IN", inside="ta") == "இந்தியா"
    assert languages.country_name("JP", inside="zz") == "JP"
