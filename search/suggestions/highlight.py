"""Which parts of a name match the typed text, so that a list of suggestions can mark them."""

from bisect import bisect_left
from collections.abc import Callable
from itertools import accumulate

from search.names.phonetic import phonetic_key
from search.suggestions.prefix_index import has_similar_word_prefix
from search.suggestions.prefix_matching import partial_phonetic_key
from vocabulary.graphemes import grapheme_clusters
from vocabulary.name_folding import fold

Span = tuple[int, int]


def highlight_spans(name: str, typed_text: str) -> list[Span]:
    """Return where a name contains the folded typed text, in code points.

    Spans end at grapheme boundaries. The spelling is tried first, then the sound, then single
    words; the result is empty if the name only matches in another script.

    >>> highlight_spans("Bāhubali: The Beginning", "bahu"), highlight_spans("క్షణం", "క")
    ([(0, 4)], [(0, 3)])
    """
    ends = list(accumulate(map(len, grapheme_clusters(name))))
    starts = [start for start in (0, *ends[:-1]) if _is_word_start(name, start)]
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


def _is_word_start(name: str, start: int) -> bool:
    is_after_word = start > 0 and name[start - 1].isalnum()
    return not is_after_word and name[start : start + 1].isalnum()


def _match_end(
    name: str, start: int, ends: list[int], matches: Callable[[str], bool]
) -> int | None:
    """Return the first end at which a part of the name matches."""
    if not matches(name[start:]):
        return None
    later_ends = [end for end in ends if end > start]
    first = bisect_left(later_ends, True, key=lambda end: matches(name[start:end]))
    return later_ends[min(first, len(later_ends) - 1)]


def _word_spans(name: str, starts: list[int], typed_words: list[str]) -> list[Span]:
    """Return the words of the name that begin with a typed word, or nearly."""
    spans: list[Span] = []
    for start in starts:
        word = name[start:].split()[0]
        folded = fold(word)
        key = phonetic_key(folded)
        if any(
            _has_prefix(folded, typed) or _has_prefix(key, partial_phonetic_key(typed))
            for typed in typed_words
        ):
            spans.append((start, start + len(word.rstrip(":,;.!?-–"))))
    return spans


def _has_prefix(word: str, prefix: str) -> bool:
    return word.startswith(prefix) or (len(prefix) > 2 and has_similar_word_prefix(word, prefix))
