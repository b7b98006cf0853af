import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommend.mood_phrases import MOOD_PHRASES
from recommend.moods import MOOD_NAMES, Rasa, parse_mood

RASA_BY_EXAMPLE = {
    "Śṛṅgāra": Rasa.LOVE,
    "shringaara": Rasa.LOVE,
    "Kaadhal padam": Rasa.LOVE,
    "something feel-good": Rasa.LAUGHTER,
    "halki-phulki film": Rasa.LAUGHTER,
    "हल्का फुल्का": Rasa.LAUGHTER,
    "நகைச்சுவை": Rasa.LAUGHTER,
    "make me laugh": Rasa.LAUGHTER,
    "I am feeling very sad": Rasa.SORROW,
    "manasu baaledu": Rasa.SORROW,
    "మనసు బాలేదు": Rasa.SORROW,
    "Roudram": Rasa.ANGER,
    "veera rasa": Rasa.COURAGE,
    "எனக்கு பயம்": Rasa.FEAR,
    "bībhatsa": Rasa.DISGUST,
    "ಅದ್ಭುತ": Rasa.WONDER,
    "സമാധാനം": Rasa.PEACE,
    "PEACEFUL!": Rasa.PEACE,
}


@pytest.mark.parametrize("said", RASA_BY_EXAMPLE)
def test_everyday_phrases_are_moods(said: str) -> None:
    assert parse_mood(said) is RASA_BY_EXAMPLE[said]


@pytest.mark.parametrize(
    "said", ["", "a", "Telugu", "not funny", "a sad clown in Paris", "🙂", "रस"]
)
def test_other_texts_are_no_mood(said: str) -> None:
    assert parse_mood(said) is None


@pytest.mark.parametrize("mood", Rasa)
def test_every_name_and_phrase_of_a_mood_is_parsed(mood: Rasa) -> None:
    for said in (mood, *MOOD_NAMES[mood].values(), *MOOD_PHRASES[mood].split(", ")):
        assert parse_mood(said) is mood, said
        assert parse_mood(said.upper()) is mood, said


@given(st.text(max_size=200))
def test_any_text_is_a_mood_or_none(text: str) -> None:
    assert parse_mood(text) in (None, *Rasa)
