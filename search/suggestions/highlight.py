"""Which part of a name was typed, so that a list of suggestions can show it."""

from bisect import bisect_left
from collections.abc import Callable
from itertools import accumulate

from api.pages.posters import grapheme_clusters
from search.names.phonetic import phonetic_key
from search.suggestions.prefix_index import has_similar_word_prefix
from search.suggestions.prefix_matching import partial_phonetic_key
from vocabulary.name_folding import fold

Span = tuple[int, int]


def highlight_spans(name: str, typed_text: str) -> list[Span]:
    """Return where a name, as it is shown, holds what was typed, folded; in code points.

    A part ends where a letter as people see it does. By its spelling, else by its sound, else word
    by word; nothing where the name fits in another script alone.

    >>> highlights("Bāhubali: The Beginning", "bahu"), highlights("క్షణం", "క")
    ([(0, 4)], [(0, 3)])
    """
    ends = list(accumulate(map(len, grapheme_clusters(name))))
    starts = [place for place in (0, *ends[:-1]) if place == 0 or not name[place - 1].isalnum()]
    starts = [place for place in starts if name[place : place + 1].isalnum()]
    for start in starts:
        end = _match_end(name, start, ends, lambda part: fold(part).startswith(typed_text))
        if end:
            return [(start, end)]
    sound = partial_phonetic_key(typed_text)
    for start in starts if sound else ():
        end = _match_end(name, start, ends, lambda part: phonetic_key(fold(part)).startswith(sound))
        if end:
            return [(start, end)]
    return _word_spans(name, starts, typed_text.split())


def _match_end(
    name: str, start: int, ends: list[int], matches: Callable[[str], bool]
) -> int | None:
    """Return the first end up to which a part holds what was typed."""
    if not matches(name[start:]):
        return None
    after = [end for end in ends if end > start]
    return after[
        min(bisect_left(after, True, key=lambda end: matches(name[start:end])), len(after) - 1)
    ]


def _word_spans(name: str, starts: list[int], typed_words: list[str]) -> list[Span]:
    """Return the words that what was typed begins, or nearly does."""
    found: list[Span] = []
    for start in starts:
        word = name[start:].split()[0]
        folded = fold(word)
        heard = phonetic_key(folded)
        if any(
            _begins_alike(folded, each) or _begins_alike(heard, partial_phonetic_key(each))
            for each in typed_words
        ):
            found.append((start, start + len(word.rstrip(":,;.!?-–"))))
    return found


def _begins_alike(word: str, typed_word: str) -> bool:
    return word.startswith(typed_word) or (
        len(typed_word) > 2 and has_similar_word_prefix(word, typed_word)
    )
