import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocabulary.name_folding import fold


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Bāhubali: The  Beginning", "bahubali the beginning"),
        ("BAAHUBALI", "baahubali"),
        ("K.G.F", "kgf"),
        ("K. G. F: Chapter 1", "kgf chapter 1"),
        ("S. S. Rajamouli", "ss rajamouli"),
        ("S.S.Rajamouli", "ss rajamouli"),
        ("Don't Look Up", "dont look up"),
        ("Don’t Look Up", "dont look up"),
        ("Amélie", "amelie"),
        ("Straße", "strasse"),
        ("３ Idiots", "3 idiots"),
        ("ఈగ", "ఈగ"),
        ("విక్రమ్", "విక్రమ్"),
        ("ರಾಮ ಶಾಮ ಭಾಮ", "ರಾಮ ಶಾಮ ಭಾಮ"),
        ("दिलवाले दुल्हनिया ले जायेंगे", "दिलवाले दुल्हनिया ले जायेंगे"),
        ("もののけ姫", "もののけ姫"),
        ("!!!", "!!!"),
        ("96", "96"),
    ],
)
def test_spelling_variants_fold_alike(name: str, folded: str) -> None:
    assert fold(name) == folded


@pytest.mark.parametrize(("one", "other"), [("కల", "కాల"), ("मन", "मान"), ("Kaala", "Kala")])
def test_vowels_distinguish_names(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(name: str) -> None:
    assert fold(fold(name)) == fold(name)


@given(st.text(min_size=1, max_size=40).filter(str.strip))
def test_a_folded_name_is_never_empty_or_padded(name: str) -> None:
    folded = fold(name)
    assert folded
    assert folded == folded.strip()
