import math

from search.language.character_ngrams import Letters, count_letters

HINDI = ["ladka", "ladki", "badla", "pyaar", "dost", "maa", "beta", "beti", "shaadi", "gaon"] * 3
ENGLISH = ["through", "night", "father", "which", "revenge", "their", "house", "village"] * 3


def letters(words: list[str]) -> Letters:
    return Letters(count_letters(words, fewest=1))


def test_a_word_is_likelier_where_its_letters_are_at_home() -> None:
    hindi, english = letters(HINDI), letters(ENGLISH)
    assert hindi.log("ladke") > english.log("ladke")
    assert english.log("nightly") > hindi.log("nightly")


def test_every_word_has_a_probability() -> None:
    assert math.isfinite(letters(HINDI).log("xqzw"))
    assert math.isfinite(letters(HINDI).log(""))
    assert math.isfinite(Letters({}).log("word"))


def test_probabilities_of_the_letters_after_a_context_are_at_most_one() -> None:
    hindi = letters(HINDI)
    after = [hindi._probability("^la", letter) for letter in "abcdefghijklmnopqrstuvwxyz$"]
    assert sum(after) <= 1.0 + 1e-9
