import numpy as np

from search.suggestions.prefix_matching import PrefixTable, partial_phonetic_key


def test_tables_can_be_merged_in_any_order() -> None:
    first, second = (
        PrefixTable.build([(0, ["eega"])]),
        PrefixTable.build([(1, ["eeram", "magadheera"])]),
    )
    both, other = first.merge(second), second.merge(first)
    assert both.by_spelling.texts.tolist() == other.by_spelling.texts.tolist()
    results = both.search("ee", np.zeros(2, np.float32), [["eega"], ["eeram"]].__getitem__, limit=5)
    assert sorted(row for row, _ in results) == [0, 1]


def test_a_last_letter_may_still_get_its_vowel() -> None:
    assert [partial_phonetic_key(text) for text in ("బాహ", "bah", "மண", "🎬", "")] == [
        "bah",
        "bah",
        "man",
        "",
        "",
    ]
