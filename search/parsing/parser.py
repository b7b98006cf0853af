"""What a query asks for besides its meaning: people, languages, genres, periods, moods, titles.

The rule is never to be silently wrong. A text that is the name of a title means that title. A word
is a requirement only where its position makes that plain: in a request for a list ("tamil
thrillers", "movies of Mani Ratnam"), in a short query, or beside a word for film at either end of a
long one. Elsewhere it belongs to the plot.
"""

from collections.abc import Sequence
from dataclasses import replace

from search.names.tokenizer import Word, tokenize
from search.parsing.chip_labels import display_name
from search.parsing.entity_dictionary import EntityDictionary
from search.parsing.interpretation_rules import PREFERENCE_BY_CERTAINTY, interpret
from search.parsing.like_requests import LikeRequest, find_like_request
from search.parsing.parsed_query import (
    MEANINGFUL_ASPECTS,
    Aspect,
    Chip,
    Interpretation,
    ParsedQuery,
    compose,
    excerpt,
    relaxations,
)
from search.parsing.person_mentions import (
    MIN_PROMINENT_TITLES,
    Certainty,
    find_mention,
)
from search.parsing.phrase_table import (
    LIKE_ROLES,
    MAX_PHRASE_WORDS,
    PhraseMatch,
    PhraseRole,
    has_any,
    match_phrase,
)
from search.parsing.segments import (
    Segment,
    SegmentContext,
    group_segments,
    split_into_segments,
)

__all__ = ["Chip", "EntityDictionary", "ParsedQuery", "parse_query", "relaxations"]

MAX_PARSED_CHARACTERS = 600  # longer texts describe a plot
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
    """Return what a text asks for, without chips with the ignored keys.

    Works on any text. A text that is too long, or the name of a title, is not parsed.
    """
    unparsed = ParsedQuery(remaining_text=text.strip(), text=text)
    words = tokenize(text) if len(text) <= MAX_PARSED_CHARACTERS else []
    if not words or len(words) > MAX_PARSED_WORDS:
        return unparsed
    phrases = [match_phrase(words[at : at + MAX_PHRASE_WORDS]) for at in range(len(words))]
    title_id = entities.find_title(words)
    if title_id is not None:
        if entities.has_exact_name(title_id, words):
            return unparsed
        if not all(meanings for _, meanings in phrases):  # else a film only sounds like "comedy"
            return _parse_title_sound(text, words, entities, ignored_chip_keys)
    like = find_like_request(words, phrases, entities)
    segments = list(split_into_segments(words, phrases, like, entities))
    if like is None and _has_guess(segments) and entities.has_similar_title(words):
        return unparsed
    interpretations = [] if like is None else [_like_interpretation(text, words, like)]
    for group in group_segments(segments, words, entities):
        for index in range(len(group.segments)):
            interpretations += interpret(SegmentContext(text, words, group, index))
    return _parsed_query(text, words, phrases, interpretations, entities, ignored_chip_keys)


def _parse_title_sound(
    text: str, words: Sequence[Word], entities: EntityDictionary, ignored_chip_keys: frozenset[str]
) -> ParsedQuery:
    """Return a text that sounds like a title, with a preference for a person of that name."""
    person = find_mention(words, entities)
    positions = range(len(words))
    interpretations: list[Interpretation] = []
    if (
        person is not None
        and person.word_count == len(words)
        and len(person.title_ids) >= MIN_PROMINENT_TITLES
    ):
        key = f"person:{person.name}"
        namesake = Interpretation(
            chip=Chip(key, display_name(person.name), text.strip(), hard=False),
            aspect=Aspect.PERSON,
            positions=frozenset(positions),
            person_title_ids=person.title_ids,
            strength=PREFERENCE_BY_CERTAINTY[person.certainty],
        )
        interpretations += [] if key in ignored_chip_keys else [namesake]
    return replace(compose(text, words, positions, interpretations), remaining_text=text.strip())


def _has_guess(segments: Sequence[Segment]) -> bool:
    """Return whether a segment is plot text or an uncertain person."""
    return any(
        each.is_plot_text
        or (each.person_mention is not None and each.person_mention.certainty < Certainty.CERTAIN)
        for each in segments
    )


def _parsed_query(
    text: str,
    words: Sequence[Word],
    phrases: Sequence[PhraseMatch],
    interpretations: Sequence[Interpretation],
    entities: EntityDictionary,
    ignored_chip_keys: frozenset[str],
) -> ParsedQuery:
    active = [each for each in interpretations if each.chip.key not in ignored_chip_keys]
    ignored = [
        each
        for each in interpretations
        if each.chip.key in ignored_chip_keys and each.aspect not in MEANINGFUL_ASPECTS
    ]
    consumed = {at for each in [*active, *ignored] for at in each.positions if _is_consumed(each)}
    remaining = [at for at in range(len(words)) if at not in consumed]
    trimmed = _trim_edges(remaining, words, phrases, entities)
    if active or ignored or entities.find_title([words[at] for at in trimmed]) is not None:
        return compose(text, words, trimmed, active)
    return ParsedQuery(remaining_text=text.strip(), text=text)


def _is_consumed(interpretation: Interpretation) -> bool:
    """Return whether the words are no longer searched for; uncertain names still are."""
    return interpretation.chip.hard or not (
        interpretation.keeps_words or interpretation.aspect is Aspect.PERSON
    )


def _trim_edges(
    positions: list[int],
    words: Sequence[Word],
    phrases: Sequence[PhraseMatch],
    entities: EntityDictionary,
) -> list[int]:
    """Return the positions without filler words at both ends."""
    first, last = 0, len(positions)
    while first < last:
        remaining = positions[first:last]
        is_edge_word = len(remaining) == 1 and has_any(phrases[remaining[0]][1], EDGE_ROLES)
        if not is_edge_word and entities.find_title([words[at] for at in remaining]) is not None:
            break
        first_length, first_meanings = phrases[positions[first]]
        last_length, last_meanings = phrases[positions[last - 1]]
        if has_any(first_meanings, EDGE_ROLES):
            first += min(first_length, last - first)
        elif last_length == 1 and has_any(last_meanings, EDGE_ROLES):
            last -= 1
        else:
            break
    return positions[first:last]


def _like_interpretation(
    text: str, words: Sequence[Word], like_request: LikeRequest
) -> Interpretation:
    name = " ".join(words[position].folded for position in like_request.name_positions)
    chip_text = excerpt(text, words, like_request.positions)
    chip = Chip(f"like:{name}", f"Like {display_name(name)}", chip_text, hard=False)
    return Interpretation(
        chip=chip,
        aspect=Aspect.LIKE,
        positions=frozenset(like_request.positions),
        like_title_id=like_request.title_id,
    )
