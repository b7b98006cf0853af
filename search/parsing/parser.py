"""What a query asks for beside its meaning: people, languages, genres, times, moods, likenesses.

The rule is never to be silently wrong. A text that is a title's name is that name. What is
required of the films is only what the place of a word makes plain: in a list that is asked for
("tamil thrillers", "movies of Mani Ratnam"), in a short query, or beside a word for film at either
end of a long one. Elsewhere a word belongs to the plot.
"""

from collections.abc import Sequence
from dataclasses import replace

from search.names.tokenizer import Word, tokenize
from search.parsing.entity_dictionary import EntityDictionary
from search.parsing.interpretation_rules import PREFERENCE_BY_CERTAINTY, interpret
from search.parsing.like_requests import LIKE_ROLES, LikeRequest, PhraseMatch, find_like_request
from search.parsing.parsed_query import (
    MEANINGFUL_ASPECTS,
    Aspect,
    Chip,
    Interpretation,
    ParsedQuery,
    compose,
    excerpt,
)
from search.parsing.person_mentions import (
    MIN_PROMINENT_TITLES,
    Certainty,
    display_name,
    find_mention,
)
from search.parsing.phrase_table import (
    MAX_PHRASE_WORDS,
    NO_MEANINGS,
    PhraseMeanings,
    PhraseRole,
    has_any,
    match_phrase,
)
from search.parsing.segment_context import SegmentContext
from search.parsing.segments import Segment, group_segments, split_into_segments

MAX_PARSED_CHARACTERS = 600  # characters; longer ones tell a story
MAX_PARSED_WORDS = 40

EDGE_ROLES = (
    PhraseRole.FILLER,
    PhraseRole.FILM,
    PhraseRole.FILMS,
    PhraseRole.CONTRAST,
    *LIKE_ROLES,
)


def parse_query(
    text: str, entities: EntityDictionary, *, ignored_chip_keys: frozenset[str] = frozenset()
) -> ParsedQuery:
    """Return what a text asks for, the chips with the keys in `ignored` left out.

    Any text will do; one that is too long, or the whole name of a title, is left as it is.
    """
    words = tokenize(text) if len(text) <= MAX_PARSED_CHARACTERS else []
    if not words or len(words) > MAX_PARSED_WORDS:
        return ParsedQuery(remaining_text=text.strip(), text=text)
    phrases = [match_phrase(words[at : at + MAX_PHRASE_WORDS]) for at in range(len(words))]
    named = entities.find_title(words)
    if named is not None:
        if entities.has_exact_name(named, words):
            return ParsedQuery(remaining_text=text.strip(), text=text)
        if not all(meanings for _, meanings in phrases):  # else a film only sounds like "comedy"
            return _parse_title_sound(text, words, entities, ignored_chip_keys)
    like = find_like_request(words, phrases, entities)
    items = list(split_into_segments(words, phrases, like, entities))
    if like is None and _has_guess(items) and entities.has_similar_title(words):
        return ParsedQuery(remaining_text=text.strip(), text=text)
    readings = [] if like is None else [_like_interpretation(text, words, like)]
    for group in group_segments(items, words, entities):
        for place in range(len(group.segments)):
            readings += interpret(SegmentContext(text, words, group, place))
    return _parsed_query(text, words, phrases, readings, entities, ignored_chip_keys)


def _parse_title_sound(
    text: str, words: Sequence[Word], entities: EntityDictionary, ignored_chip_keys: frozenset[str]
) -> ParsedQuery:
    """Return a text that sounds as a title, whoever is called so preferred beside it."""
    person = find_mention(words, entities)
    places = range(len(words))
    readings: list[Interpretation] = []
    if (
        person is not None
        and person.word_count == len(words)
        and len(person.title_ids) >= MIN_PROMINENT_TITLES
    ):
        key = f"person:{person.name}"
        namesake = Interpretation(
            chip=Chip(key, display_name(person.name), text.strip(), hard=False),
            aspect=Aspect.PERSON,
            positions=frozenset(places),
            person_title_ids=person.title_ids,
            strength=PREFERENCE_BY_CERTAINTY[person.certainty],
        )
        readings += [] if key in ignored_chip_keys else [namesake]
    return replace(compose(text, words, places, readings), remaining_text=text.strip())


def _has_guess(segments: Sequence[Segment]) -> bool:
    """Tell whether something in a text is no more than a guess."""
    return any(
        item.is_plot_text
        or (item.person_mention is not None and item.person_mention.certainty < Certainty.CERTAIN)
        for item in segments
    )


def _parsed_query(
    text: str,
    words: Sequence[Word],
    phrases: Sequence[PhraseMatch],
    interpretations: Sequence[Interpretation],
    entities: EntityDictionary,
    ignored_chip_keys: frozenset[str],
) -> ParsedQuery:
    kept = [each for each in interpretations if each.chip.key not in ignored_chip_keys]
    silent = [
        each
        for each in interpretations
        if each.chip.key in ignored_chip_keys and each.aspect not in MEANINGFUL_ASPECTS
    ]
    used = {place for each in [*kept, *silent] for place in each.positions if _is_consumed(each)}
    left = [place for place in range(len(words)) if place not in used]
    trimmed = _trim_edges(left, words, phrases, entities)
    if not kept and not silent and entities.find_title([words[each] for each in trimmed]) is None:
        return ParsedQuery(remaining_text=text.strip(), text=text)
    return compose(text, words, trimmed, kept)


def _is_consumed(interpretation: Interpretation) -> bool:
    """Tell whether the words have said all; an uncertain name may still be found as words."""
    return interpretation.chip.hard or not (
        interpretation.keeps_words or interpretation.aspect is Aspect.PERSON
    )


def _trim_edges(
    positions: list[int],
    words: Sequence[Word],
    phrases: Sequence[PhraseMatch],
    entities: EntityDictionary,
) -> list[int]:
    """Return the places without the words at both ends that only lead to what is asked."""
    first, last = 0, len(positions)
    while first < last:
        remaining = positions[first:last]
        only = len(remaining) == 1 and has_any(phrases[remaining[0]][1], EDGE_ROLES)
        if not only and entities.find_title([words[each] for each in remaining]) is not None:
            break
        if has_any(phrases[positions[first]][1], EDGE_ROLES):
            first += min(phrases[positions[first]][0], last - first)
        elif has_any(_single_word_meanings(phrases[positions[last - 1]]), EDGE_ROLES):
            last -= 1
        else:
            break
    return positions[first:last]


def _single_word_meanings(phrase_match: PhraseMatch) -> PhraseMeanings:
    return phrase_match[1] if phrase_match[0] == 1 else NO_MEANINGS


def _like_interpretation(
    text: str, words: Sequence[Word], like_request: LikeRequest
) -> Interpretation:
    name = " ".join(words[place].folded for place in like_request.name_positions)
    said = excerpt(text, words, like_request.positions)
    chip = Chip(f"like:{name}", f"Like {display_name(name)}", said, hard=False)
    return Interpretation(
        chip=chip,
        aspect=Aspect.LIKE,
        positions=frozenset(like_request.positions),
        like_title_id=like_request.title_id,
    )
