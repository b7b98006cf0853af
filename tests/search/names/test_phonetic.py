import csv
import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from search.names.phonetic import consonant_skeleton, loose_key, phonetic_key

SHARED_DATA_FOLDER = Path(__file__).parents[4] / "shared" / "data"


@pytest.mark.parametrize(
    "spellings",
    [
        ["బాహుబలి", "ಬಾಹುಬಲಿ", "ബാഹുബലി", "Bāhubali", "bahubali", "Baahubaali", "BAHUBALI!"],
        ["సీతా రామం", "സീതാ രാമം", "Sita Ramam", "Seetha Raamam", "Sītā Rāmaṃ"],
        ["दंगल", "Dangal", "Dangall"],
        ["விக்ரம்", "विक्रम", "విక్రమ్", "Vikram", "Wikram"],
        ["KGF", "kgf", "ಕೆಜಿಎಫ್", "కేజీఎఫ్"],
        ["RRR", "ఆర్ఆర్ఆర్"],
        ["PK", "पीके"],
        ["K2", "k two"],
        ["96", "९६", "ninety six", "Ninety-Six"],
        ["1947", "nineteen forty seven"],
        ["Lakshmi", "Laxmi", "లక్ష్మి"],
        ["azhagu", "alagu", "அழகு"],
    ],
)
def test_one_name_has_one_key_in_every_script_and_spelling(spellings: list[str]) -> None:
    assert {phonetic_key(each) for each in spellings} == {phonetic_key(spellings[0])}


@pytest.mark.parametrize(
    ("native", "latin"),
    [
        ("பாகுபலி", "Bahubali"),
        ("बाहुबली", "Baahubali"),
        ("நாயகன்", "Nayakan"),
        ("தங்கலான்", "Thangalaan"),
        ("ചെമ്മീൻ", "Chemmeen"),
        ("सपना", "sapanaa"),
    ],
)
def test_loose_keys_ignore_what_a_script_does_not_write(native: str, latin: str) -> None:
    assert loose_key(phonetic_key(native)) == loose_key(phonetic_key(latin))


@pytest.mark.parametrize(
    ("native", "english"),
    [
        ("मिस्टर परफेक्ट", "Mr. Perfect"),
        ("లవ్ స్టోరీ", "Love Story"),
        ("मिशन इम्पॉसिबल", "Mission Impossible"),
        ("திரில்லர்", "Thriller"),
        ("ನೈಟ್", "night"),
    ],
)
def test_english_in_native_script_keeps_its_consonants(native: str, english: str) -> None:
    assert consonant_skeleton(phonetic_key(native)) == consonant_skeleton(phonetic_key(english))


@pytest.mark.parametrize(
    ("one", "other"),
    [("Nanna", "Nani"), ("Papa", "Pa"), ("Sholay", "Saala"), ("Eega", "Eecha"), ("2", "3")],
)
def test_names_that_sound_different_have_different_keys(one: str, other: str) -> None:
    assert loose_key(phonetic_key(one)) != loose_key(phonetic_key(other))


def test_a_key_has_as_many_words_as_the_text() -> None:
    assert phonetic_key("  Arjun   Reddy ").count(" ") == 1
    assert phonetic_key("Spider-Man: No Way Home").count(" ") == 4


@given(st.text(st.characters(exclude_categories=[]), max_size=80))
def test_every_text_has_a_key_of_latin_letters(text: str) -> None:
    key = phonetic_key(text)
    assert key == key.strip()
    assert all(letter == " " or "a" <= letter <= "z" for letter in key)
    assert isinstance(loose_key(key) + consonant_skeleton(key), str)


@pytest.mark.parametrize("text", ["", " ", "\0", "😀", "\ud800", "!!!", "\u0c3e", "்" * 50])
def test_a_text_without_letters_has_no_key(text: str) -> None:
    assert len(phonetic_key(text)) <= 40


@pytest.mark.parametrize("text", ["a" * 10_000, "9" * 10_000, "క్" * 5_000, "é " * 5_000])
def test_a_very_long_text_has_a_key(text: str) -> None:
    assert phonetic_key(text)


@pytest.mark.skipif(
    not SHARED_DATA_FOLDER.exists(), reason="the word pairs of ../shared/data are not here"
)
@pytest.mark.parametrize(
    ("language", "same", "near"),
    [
        ("hin", 0.92, 0.92),
        ("tam", 0.93, 0.94),
        ("tel", 0.97, 0.97),
        ("kan", 0.97, 0.97),
        ("mal", 0.94, 0.96),
    ],
)
def test_word_pairs_have_the_same_keys(language: str, same: float, near: float) -> None:
    """The share of pairs with one skeleton, and of those whose loose keys are a letter apart."""
    with gzip.open(
        SHARED_DATA_FOLDER / f"romanised_{language}_valid.csv.gz", "rt", encoding="utf-8"
    ) as lines:
        pairs = [(phonetic_key(one), phonetic_key(other)) for one, other in csv.reader(lines)]
    skeletons = sum(consonant_skeleton(one) == consonant_skeleton(other) for one, other in pairs)
    apart = [Levenshtein.distance(loose_key(one), loose_key(other)) for one, other in pairs]
    assert skeletons / len(pairs) >= same
    assert sum(letters <= 1 for letters in apart) / len(pairs) >= near
