import random
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from search.suggestions.prefix_index import (
    PrefixIndex,
    has_similar_word_prefix,
    has_word_prefix,
    one_letter_edits,
    space_edits,
)


def test_names_take_little_memory() -> None:
    rng = random.Random(1)
    names_by_row = [
        (row, [f"{rng.randrange(10**9)} {rng.randrange(10**6)}"]) for row in range(20_000)
    ]
    tracemalloc.start()
    table = PrefixIndex.build(names_by_row)
    used_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(table.rows) == 40_000
    assert used_bytes < 1.2 * 21 * 40_000


@given(st.lists(st.text("ab ", min_size=1, max_size=24), max_size=12), st.text("ab ", max_size=20))
def test_find_returns_exactly_the_names_with_the_prefix(names: list[str], text: str) -> None:
    names = [" ".join(name.split()) or "a" for name in names]
    text = " ".join(text.split())[:15]
    matches = PrefixIndex.build((row, [name]) for row, name in enumerate(names)).find(text)
    expected = (
        {row for row, name in enumerate(names) if has_word_prefix(name, text)} if text else set()
    )
    assert set(matches.rows.tolist()) == expected


@given(st.text("abc", min_size=3, max_size=6), st.text("abcd", max_size=8))
def test_misspelled_matches_agree_with_the_direct_comparison(typed: str, name: str) -> None:
    matches = PrefixIndex.build([(0, [name])]).find_misspelled(typed, exact_letters=0)
    if matches.rows.size:
        assert has_similar_word_prefix(name, typed)
    if any(name.startswith(each) for each in one_letter_edits(typed, exact_letters=0)):
        assert matches.rows.size


def test_edits_leave_the_first_letters_alone() -> None:
    edits = one_letter_edits("abc", exact_letters=1, letters="x")
    assert edits == ["ac", "acb", "axc", "axbc", "abxc"]


def test_space_edits_add_or_remove_one_space() -> None:
    assert space_edits("ab") == ["a b"]
    assert space_edits("ab c") == ["a b c", "abc"]
