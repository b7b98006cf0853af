"""A query in pieces: what each of its words may be, and which of them stand together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from search.names.tokenizer import Word
from search.parsing.entity_dictionary import EntityDictionary
from search.parsing.like_requests import FILM_ROLES, LikeRequest, PhraseMatch
from search.parsing.periods import Period, parse_period
from search.parsing.person_mentions import (
    Certainty,
    PersonMention,
    find_full_name_mention,
    find_mention,
)
from search.parsing.phrase_table import NO_MEANINGS, PhraseMeanings, PhraseRole, has_any

MAX_SHORT_QUERY_WORDS = 4  # words beside fillers: too few for a plot
MAX_PARTIAL_NAME_QUERY_WORDS = 9  # words; in longer texts only whole names of people are looked for
MAX_PROTECTED_TITLE_WORDS = 6  # words of a title's name inside a query


@dataclass(frozen=True, slots=True)
class Segment:
    """Words `first` to `last` (not included) of a query, and what they may be."""

    start: int
    stop: int
    meanings: PhraseMeanings = field(default_factory=dict)
    person_mention: PersonMention | None = None
    period: Period | None = None

    @property
    def is_filler(self) -> bool:
        """Whether the words only join others."""
        return PhraseRole.FILLER in self.meanings

    @property
    def is_plot_text(self) -> bool:
        """Whether the words belong to the plot, whatever stands around them."""
        return (
            not (self.person_mention or self.period or self.meanings)
            or PhraseRole.PLOT_TEXT in self.meanings
        )

    @property
    def names_films(self) -> bool:
        """Whether the words say that films are asked for."""
        return has_any(self.meanings, FILM_ROLES)


@dataclass(frozen=True, slots=True)
class SegmentGroup:
    """Items side by side, none of them plain."""

    segments: tuple[Segment, ...]
    is_whole_query: bool  # there is nothing else in the query
    at_start: bool  # at the beginning of the query
    at_end: bool  # at its end
    query_names_films: bool  # films are asked for somewhere in the query
    is_beside_title: bool  # all that stands outside is the name of a title
    content_word_count: int  # words of the query beside fillers and words for film
    plot_word_count: int  # words of the query outside every group

    @property
    def names_films(self) -> bool:
        """Whether films are asked for here."""
        return any(item.names_films for item in self.segments)

    @property
    def at_edge(self) -> bool:
        """Whether no plot stands on both sides."""
        return self.at_start or self.at_end

    @property
    def is_requested(self) -> bool:
        """Whether what stands here is asked for, and not told."""
        return self.is_whole_query or (self.names_films and self.at_edge)

    @property
    def is_short_query(self) -> bool:
        """Whether the query is too short to tell a plot."""
        return self.content_word_count <= MAX_SHORT_QUERY_WORDS

    def has_role(self, *roles: PhraseRole) -> bool:
        """Tell whether any words here can play one of these roles."""
        return any(has_any(item.meanings, roles) for item in self.segments)


def split_into_segments(
    words: Sequence[Word],
    phrases: Sequence[PhraseMatch],
    like_request: LikeRequest | None,
    entities: EntityDictionary,
) -> Iterator[Segment]:
    """Yield the items of a query in order, the longest reading of each word first."""
    closed = _protected_positions(words, phrases, entities)
    if like_request is not None:
        closed |= set(like_request.positions)
    at = 0
    while at < len(words):
        if at in closed:
            taken = next((e for e in range(at, len(words)) if e not in closed), len(words))
            is_like = like_request is not None and at in like_request.positions
            yield Segment(at, taken, {PhraseRole.FILLER: ""} if is_like else NO_MEANINGS)
        else:
            end = next((e for e in range(at, len(words)) if e in closed), len(words))
            item = _next_segment(words[at:end], at, phrases[at], entities, total=len(words))
            taken = item.stop
            yield item
        at = taken


def _next_segment(
    words: Sequence[Word],
    at: int,
    phrase_match: PhraseMatch,
    entities: EntityDictionary,
    *,
    total: int,
) -> Segment:
    length, meanings = phrase_match if phrase_match[0] <= len(words) else (1, NO_MEANINGS)
    when = parse_period([word.folded for word in words[:7]])
    if when is not None and when.word_count >= length:
        return Segment(at, at + when.word_count, period=when)
    person = _find_person_mention(words, phrase_match, entities, total=total)
    if person is not None and person.word_count >= length and _outweighs(person, meanings):
        return Segment(at, at + person.word_count, person_mention=person)
    return Segment(at, at + length, meanings)


def _find_person_mention(
    words: Sequence[Word], phrase_match: PhraseMatch, entities: EntityDictionary, *, total: int
) -> PersonMention | None:
    """Return who is named; fillers and words for film begin nobody's name."""
    if has_any(phrase_match[1], (PhraseRole.FILLER, PhraseRole.PLOT_TEXT, *FILM_ROLES)):
        return None
    if total > MAX_PARTIAL_NAME_QUERY_WORDS:
        return find_full_name_mention(words, entities)
    return find_mention(words, entities)


def _outweighs(person: PersonMention, meanings: PhraseMeanings) -> bool:
    """Tell whether a name is likelier than what its first words mean otherwise."""
    return not meanings or person.certainty is Certainty.CERTAIN


def _protected_positions(
    words: Sequence[Word], phrases: Sequence[PhraseMatch], entities: EntityDictionary
) -> set[int]:
    """Return the places of names of titles inside the query, which are not to be read apart.

    Such a name has a word that says nothing else: there is a "Tamil Comedy" for everything.
    """
    telling, plain = [False] * len(words), [True] * len(words)
    for at, (length, meanings) in enumerate(phrases):
        if meanings:
            plain[at : at + length] = [False] * length
            telling[at : at + length] = [PhraseRole.FILLER not in meanings] * length
        elif parse_period([words[at].folded]) is not None:
            plain[at], telling[at] = False, True
    closed: set[int] = set()
    for name in _mixed_ranges(telling, plain):
        said = words[name.start : name.stop]
        if closed.issuperset(name) or entities.find_title(said) is None:
            continue
        if not entities.find_people(said):
            closed |= set(name)
    return closed


def _mixed_ranges(is_meaningful: Sequence[bool], is_plot_text: Sequence[bool]) -> Iterator[range]:
    """Yield the stretches of words with a telling and a plain one among them, longest first."""
    total = len(is_meaningful)
    for length in range(min(MAX_PROTECTED_TITLE_WORDS, total), 1, -1):
        for first in range(total - length + 1):
            last = first + length
            if any(is_meaningful[first:last]) and any(is_plot_text[first:last]):
                yield range(first, last)


def group_segments(
    segments: Sequence[Segment], words: Sequence[Word], entities: EntityDictionary
) -> Iterator[SegmentGroup]:
    """Yield the groups of a query in order."""
    plain = sum(item.stop - item.start for item in segments if item.is_plot_text)
    content = sum(
        item.stop - item.start
        for item in segments
        if not item.is_filler and not has_any(item.meanings, (PhraseRole.FILM, PhraseRole.FILMS))
    )
    films = any(item.names_films for item in segments)
    outside = [
        word for item in segments if item.is_plot_text for word in words[item.start : item.stop]
    ]
    named = bool(outside) and entities.find_title(outside) is not None
    run: list[Segment] = []
    for item in [*segments, None]:
        if item is not None and not item.is_plot_text:
            run.append(item)
        elif run:
            yield SegmentGroup(
                tuple(run),
                is_whole_query=not plain,
                at_start=run[0].start == 0,
                at_end=run[-1].stop == len(words),
                query_names_films=films,
                is_beside_title=named,
                content_word_count=content,
                plot_word_count=plain,
            )
            run = []
