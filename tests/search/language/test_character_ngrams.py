import math

from search.language.character_ngrams import CharacterNgramModel, count_ngrams

HINDI_WORDS = [
    "ladka",
    "ladki",
    "badla",
    "pyaar",
    "dost",
    "maa",
    "beta",
    "beti",
    "shaadi",
    "gaon",
] * 3
ENGLISH_WORDS = ["through", "night", "father", "which", "revenge", "their", "house", "village"] * 3


def ngram_model(words: list[str]) -> CharacterNgramModel:
    return CharacterNgramModel(count_ngrams(words, min_count=1))


def test_a_word_is_more_probable_in_its_own_language() -> None:
    hindi, english = ngram_model(HINDI_WORDS), ngram_model(ENGLISH_WORDS)
    assert hindi.log_probability("ladke") > english.log_probability("ladke")
    assert english.log_probability("nightly") > hindi.log_probability("nightly")


def test_every_word_has_a_probability() -> None:
    assert math.isfinite(ngram_model(HINDI_WORDS).log_probability("xqzw"))
    assert math.isfinite(ngram_model(HINDI_WORDS).log_probability(""))
    assert math.isfinite(CharacterNgramModel({}).log_probability("word"))


def test_probabilities_of_the_letters_after_a_context_are_at_most_one() -> None:
    hindi = ngram_model(HINDI_WORDS)
    after = [hindi._probability("^la", letter) for letter in "abcdefghijklmnopqrstuvwxyz$"]
    assert sum(after) <= 1.0 + 1e-9
