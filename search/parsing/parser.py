"""What a query asks for beside its meaning: people, languages, genres, times, moods, likenesses.

The rule is never to be silently wrong. A text that is a title's name is that name. What is
required of the films is only what the place of a word makes plain: in a list that is asked for
("tamil thrillers", "movies of Mani Ratnam"), in a short query, or beside a word for film at either
end of a long one. Elsewhere a word belongs to the plot.
"""

from collections.abc import Sequence
from dataclasses import replace

from search.names.tokenizer import Word, words_of
from search.parsing.entity_dictionary import Vocabulary
from search.parsing.interpretation_rules import STRENGTHS, readings_of
from search.parsing.like_requests import LIKE_ROLES, Like, Phrase, like_in
from search.parsing.parsed_query import (
    MEANINGFUL,
    Aspect,
    Chip,
    Reading,
    Understood,
    composed,
    excerpt,
)
from search.parsing.person_mentions import PROMINENT, Certainty, mention, shown
from search.parsing.phrase_table import LONGEST, NOTHING, Meanings, Role, has_any, phrase
from search.parsing.segment_context import Spot
from search.parsing.segments import Item, groups_of, items_of

LONGEST_TEXT = 600  # characters; longer ones tell a story
MOST_WORDS = 40

DROPPED_AT_EDGES = (Role.FILLER, Role.FILM, Role.FILMS, Role.BUT, *LIKE_ROLES)


def understand(
    text: str, vocabulary: Vocabulary, *, ignored: frozenset[str] = frozenset()
) -> Understood:
    """Return what a text asks for, the chips with the keys in `ignored` left out.

    Any text will do; one that is too long, or the whole name of a title, is left as it is.
    """
    words = words_of(text) if len(text) <= LONGEST_TEXT else []
    if not words or len(words) > MOST_WORDS:
        return Understood(rest=text.strip(), text=text)
    phrases = [phrase(words[at : at + LONGEST]) for at in range(len(words))]
    named = vocabulary.title(words)
    if named is not None:
        if vocabulary.is_written(named, words):
            return Understood(rest=text.strip(), text=text)
        if not all(meanings for _, meanings in phrases):  # else a film only sounds like "comedy"
            return _sounding(text, words, vocabulary, ignored)
    like = like_in(words, phrases, vocabulary)
    items = list(items_of(words, phrases, like, vocabulary))
    if like is None and _uncertain(items) and vocabulary.nearly_title(words):
        return Understood(rest=text.strip(), text=text)
    readings = [] if like is None else [_like(text, words, like)]
    for group in groups_of(items, words, vocabulary):
        for place in range(len(group.items)):
            readings += readings_of(Spot(text, words, group, place))
    return _result(text, words, phrases, readings, vocabulary, ignored)


def _sounding(
    text: str, words: Sequence[Word], vocabulary: Vocabulary, ignored: frozenset[str]
) -> Understood:
    """Return a text that sounds as a title, whoever is called so preferred beside it."""
    person = mention(words, vocabulary)
    places = range(len(words))
    readings: list[Reading] = []
    if person is not None and person.words == len(words) and len(person.titles) >= PROMINENT:
        key = f"person:{person.name}"
        namesake = Reading(
            chip=Chip(key, shown(person.name), text.strip(), hard=False),
            aspect=Aspect.PERSON,
            words=frozenset(places),
            titles=person.titles,
            strength=STRENGTHS[person.certainty],
        )
        readings += [] if key in ignored else [namesake]
    return replace(composed(text, words, places, readings), rest=text.strip())


def _uncertain(items: Sequence[Item]) -> bool:
    """Tell whether something in a text is no more than a guess."""
    return any(
        item.plain or (item.person is not None and item.person.certainty < Certainty.CERTAIN)
        for item in items
    )


def _result(
    text: str,
    words: Sequence[Word],
    phrases: Sequence[Phrase],
    readings: Sequence[Reading],
    vocabulary: Vocabulary,
    ignored: frozenset[str],
) -> Understood:
    kept = [each for each in readings if each.chip.key not in ignored]
    silent = [
        each for each in readings if each.chip.key in ignored and each.aspect not in MEANINGFUL
    ]
    used = {place for each in [*kept, *silent] for place in each.words if _consumed(each)}
    left = [place for place in range(len(words)) if place not in used]
    trimmed = _trimmed(left, words, phrases, vocabulary)
    if not kept and not silent and vocabulary.title([words[each] for each in trimmed]) is None:
        return Understood(rest=text.strip(), text=text)
    return composed(text, words, trimmed, kept)


def _consumed(reading: Reading) -> bool:
    """Tell whether the words have said all; an uncertain name may still be found as words."""
    return reading.chip.hard or not (reading.said or reading.aspect is Aspect.PERSON)


def _trimmed(
    left: list[int], words: Sequence[Word], phrases: Sequence[Phrase], vocabulary: Vocabulary
) -> list[int]:
    """Return the places without the words at both ends that only lead to what is asked."""
    first, last = 0, len(left)
    while first < last:
        remaining = left[first:last]
        only = len(remaining) == 1 and has_any(phrases[remaining[0]][1], DROPPED_AT_EDGES)
        if not only and vocabulary.title([words[each] for each in remaining]) is not None:
            break
        if has_any(phrases[left[first]][1], DROPPED_AT_EDGES):
            first += min(phrases[left[first]][0], last - first)
        elif has_any(_alone(phrases[left[last - 1]]), DROPPED_AT_EDGES):
            last -= 1
        else:
            break
    return left[first:last]


def _alone(found: Phrase) -> Meanings:
    return found[1] if found[0] == 1 else NOTHING


def _like(text: str, words: Sequence[Word], like: Like) -> Reading:
    name = " ".join(words[place].folded for place in like.name)
    said = excerpt(text, words, like.places)
    chip = Chip(f"like:{name}", f"Like {shown(name)}", said, hard=False)
    return Reading(chip=chip, aspect=Aspect.LIKE, words=frozenset(like.places), title=like.title)
