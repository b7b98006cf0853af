"""Which part of a name was typed, so that a list of suggestions can show it."""

from bisect import bisect_left
from collections.abc import Callable
from itertools import accumulate

from api.pages.posters import clusters
from search.names.phonetic import key
from search.suggestions.prefix_index import nearly_begins
from search.suggestions.prefix_matching import sound_of
from vocabulary.name_folding import fold

Span = tuple[int, int]


def highlights(shown: str, typed: str) -> list[Span]:
    """Return where a name, as it is shown, holds what was typed, folded; in code points.

    A part ends where a letter as people see it does. By its spelling, else by its sound, else word
    by word; nothing where the name fits in another script alone.

    >>> highlights("Bāhubali: The Beginning", "bahu"), highlights("క్షణం", "క")
    ([(0, 4)], [(0, 3)])
    """
    ends = list(accumulate(map(len, clusters(shown))))
    starts = [place for place in (0, *ends[:-1]) if place == 0 or not shown[place - 1].isalnum()]
    starts = [place for place in starts if shown[place : place + 1].isalnum()]
    for start in starts:
        end = _end(shown, start, ends, lambda part: fold(part).startswith(typed))
        if end:
            return [(start, end)]
    sound = sound_of(typed)
    for start in starts if sound else ():
        end = _end(shown, start, ends, lambda part: key(fold(part)).startswith(sound))
        if end:
            return [(start, end)]
    return _words(shown, starts, typed.split())


def _end(shown: str, start: int, ends: list[int], holds: Callable[[str], bool]) -> int | None:
    """Return the first end up to which a part holds what was typed."""
    if not holds(shown[start:]):
        return None
    after = [end for end in ends if end > start]
    return after[
        min(bisect_left(after, True, key=lambda end: holds(shown[start:end])), len(after) - 1)
    ]


def _words(shown: str, starts: list[int], typed: list[str]) -> list[Span]:
    """Return the words that what was typed begins, or nearly does."""
    found: list[Span] = []
    for start in starts:
        word = shown[start:].split()[0]
        folded = fold(word)
        heard = key(folded)
        if any(_alike(folded, each) or _alike(heard, sound_of(each)) for each in typed):
            found.append((start, start + len(word.rstrip(":,;.!?-–"))))
    return found


def _alike(word: str, typed: str) -> bool:
    return word.startswith(typed) or (len(typed) > 2 and nearly_begins(word, typed))
