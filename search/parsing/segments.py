"""The segments of a query: what their words may be, their groups and their surroundings."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from search.names.tokenizer import Word
from search.parsing.entity_dictionary import EntityDictionary
from search.parsing.like_requests import LikeRequest
from search.parsing.parsed_query import Chip, excerpt
from search.parsing.periods import Period, parse_period
from search.parsing.person_mentions import (
    Certainty,
    PersonMention,
    find_full_name_mention,
    find_mention,
)
from search.parsing.phrase_table import (
    FILM_ROLES,
    NO_MEANINGS,
    PhraseMatch,
    PhraseMeanings,
    PhraseRole,
    has_any,
)

MAX_SHORT_QUERY_WORDS = 4  # without fillers; too few for a plot
MAX_PARTIAL_NAME_QUERY_WORDS = 9  # in longer texts only full names of people count
MAX_PERIOD_WORDS = 7
MAX_PROTECTED_TITLE_WORDS = 6  # of a title's name inside a query


@dataclass(frozen=True, slots=True)
class Segment:
    """Words `start` to `stop` (exclusive) of a query, and what they may be."""

    start: int
    stop: int
    meanings: PhraseMeanings = field(default_factory=dict)
    person_mention: PersonMention | None = None
    period: Period | None = None

    @property
    def is_filler(self) -> bool:
        """Whether the words only connect others."""
        return PhraseRole.FILLER in self.meanings

    @property
    def is_plot_text(self) -> bool:
        """Whether the words belong to the plot, whatever surrounds them."""
        return (
            not (self.person_mention or self.period or self.meanings)
            or PhraseRole.PLOT_TEXT in self.meanings
        )

    @property
    def names_films(self) -> bool:
        """Whether the words ask for films."""
        return has_any(self.meanings, FILM_ROLES)


@dataclass(frozen=True, slots=True)
class SegmentGroup:
    """Adjacent segments, none of them plot text."""

    segments: tuple[Segment, ...]
    is_whole_query: bool  # nothing else is in the query
    at_start: bool  # of the query
    at_end: bool  # of the query
    query_names_films: bool  # some segment asks for films
    is_beside_title: bool  # all other words are the name of a title
    content_word_count: int  # of the query, without fillers and words for film
    plot_word_count: int  # of the query, outside all groups

    @property
    def names_films(self) -> bool:
        """Whether some segment asks for films."""
        return any(item.names_films for item in self.segments)

    @property
    def at_edge(self) -> bool:
        """Whether there is plot text on one side at most."""
        return self.at_start or self.at_end

    @property
    def is_requested(self) -> bool:
        """Whether the group is a request and not part of a plot."""
        return self.is_whole_query or (self.names_films and self.at_edge)

    @property
    def is_short_query(self) -> bool:
        """Whether the query is too short to describe a plot."""
        return self.content_word_count <= MAX_SHORT_QUERY_WORDS

    def has_role(self, *roles: PhraseRole) -> bool:
        """Return whether a segment can have one of these roles."""
        return any(has_any(item.meanings, roles) for item in self.segments)


@dataclass(frozen=True, slots=True)
class SegmentContext:
    """One segment of a group, and what surrounds it."""

    text: str
    words: Sequence[Word]
    group: SegmentGroup
    segment_index: int

    @property
    def segment(self) -> Segment:
        """The segment."""
        return self.group.segments[self.segment_index]

    @property
    def word_before(self) -> str:
        """The word before, folded."""
        return self.words[self.segment.start - 1].folded if self.segment.start else ""

    @property
    def content_word_before(self) -> str:
        """The last word before that is not a filler, folded."""
        fillers = 0
        for segment in reversed(self.group.segments[: self.segment_index]):
            if not segment.is_filler:
                break
            fillers += segment.stop - segment.start
        position = self.segment.start - fillers - 1
        return self.words[position].folded if position >= 0 else ""

    @property
    def negation(self) -> Segment | None:
        """The segment that negates this one, if any."""
        directions = (
            (reversed(self.group.segments[: self.segment_index]), PhraseRole.NEGATION_BEFORE),
            (iter(self.group.segments[self.segment_index + 1 :]), PhraseRole.NEGATION_AFTER),
        )
        for segments, role in directions:
            nearest = next((each for each in segments if not each.is_filler), None)
            if nearest is not None and role in nearest.meanings:
                return nearest
        return None

    @property
    def word_after(self) -> str:
        """The word after, folded."""
        stop = self.segment.stop
        return self.words[stop].folded if stop < len(self.words) else ""

    def followed_by(self, *roles: PhraseRole) -> bool:
        """Return whether the next segment that is not a filler can have one of these roles."""
        following = self.group.segments[self.segment_index + 1 :]
        content = (segment for segment in following if not segment.is_filler)
        return has_any(next(content, Segment(0, 0)).meanings, roles)

    def has_beside(self, *roles: PhraseRole) -> bool:
        """Return whether another segment of the group can have one of these roles."""
        return any(has_any(other.meanings, roles) for other in self._others)

    @property
    def is_alone(self) -> bool:
        """Whether all other segments of the group are fillers."""
        return all(other.is_filler for other in self._others)

    def build_chip(self, key: str, label: str, *, hard: bool) -> Chip:
        """Return a chip of the words of this segment."""
        return Chip(key, label, excerpt(self.text, self.words, self.positions), hard)

    @property
    def positions(self) -> frozenset[int]:
        """The positions of the words."""
        return frozenset(range(self.segment.start, self.segment.stop))

    @property
    def _others(self) -> list[Segment]:
        return [each for at, each in enumerate(self.group.segments) if at != self.segment_index]


def split_into_segments(
    words: Sequence[Word],
    phrases: Sequence[PhraseMatch],
    like_request: LikeRequest | None,
    entities: EntityDictionary,
) -> Iterator[Segment]:
    """Yield the segments of a query in order, the longest possible at each word."""
    protected = _protected_positions(words, phrases, entities)
    if like_request is not None:
        protected |= set(like_request.positions)
    at = 0
    while at < len(words):
        if at in protected:
            stop = next((e for e in range(at, len(words)) if e not in protected), len(words))
            is_like = like_request is not None and at in like_request.positions
            yield Segment(at, stop, {PhraseRole.FILLER: ""} if is_like else NO_MEANINGS)
        else:
            end = next((e for e in range(at, len(words)) if e in protected), len(words))
            segment = _next_segment(words[at:end], at, phrases[at], entities, total=len(words))
            stop = segment.stop
            yield segment
        at = stop


def _next_segment(
    words: Sequence[Word],
    at: int,
    phrase_match: PhraseMatch,
    entities: EntityDictionary,
    *,
    total: int,
) -> Segment:
    length, meanings = phrase_match if phrase_match[0] <= len(words) else (1, NO_MEANINGS)
    period = parse_period([word.folded for word in words[:MAX_PERIOD_WORDS]])
    if period is not None and period.word_count >= length:
        return Segment(at, at + period.word_count, period=period)
    person = _find_person_mention(words, phrase_match, entities, total=total)
    if person is not None and person.word_count >= length and _outweighs(person, meanings):
        return Segment(at, at + person.word_count, person_mention=person)
    return Segment(at, at + length, meanings)


def _find_person_mention(
    words: Sequence[Word], phrase_match: PhraseMatch, entities: EntityDictionary, *, total: int
) -> PersonMention | None:
    """Return the person named by the first words; no name begins with fillers or words for film."""
    if has_any(phrase_match[1], (PhraseRole.FILLER, PhraseRole.PLOT_TEXT, *FILM_ROLES)):
        return None
    if total > MAX_PARTIAL_NAME_QUERY_WORDS:
        return find_full_name_mention(words, entities)
    return find_mention(words, entities)


def _outweighs(person: PersonMention, meanings: PhraseMeanings) -> bool:
    """Return whether a name is more probable than the other meanings of its first words."""
    return not meanings or person.certainty is Certainty.CERTAIN


def _protected_positions(
    words: Sequence[Word], phrases: Sequence[PhraseMatch], entities: EntityDictionary
) -> set[int]:
    """Return the positions of title names inside the query, which are not parsed further.

    Such a name has a word without another meaning: any combination of meaningful words, such as
    "Tamil Comedy", is some title's name.
    """
    is_meaningful, is_plot_text = [False] * len(words), [True] * len(words)
    for at, (length, meanings) in enumerate(phrases):
        if meanings:
            is_plot_text[at : at + length] = [False] * length
            is_meaningful[at : at + length] = [PhraseRole.FILLER not in meanings] * length
        elif parse_period([words[at].folded]) is not None:
            is_plot_text[at], is_meaningful[at] = False, True
    protected: set[int] = set()
    for positions in _mixed_ranges(is_meaningful, is_plot_text):
        name = words[positions.start : positions.stop]
        if protected.issuperset(positions) or entities.find_title(name) is None:
            continue
        if not entities.find_people(name):
            protected |= set(positions)
    return protected


def _mixed_ranges(is_meaningful: Sequence[bool], is_plot_text: Sequence[bool]) -> Iterator[range]:
    """Yield the ranges of words with both meaningful words and plot text, longest first."""
    total = len(is_meaningful)
    for length in range(min(MAX_PROTECTED_TITLE_WORDS, total), 1, -1):
        for start in range(total - length + 1):
            stop = start + length
            if any(is_meaningful[start:stop]) and any(is_plot_text[start:stop]):
                yield range(start, stop)


def group_segments(
    segments: Sequence[Segment], words: Sequence[Word], entities: EntityDictionary
) -> Iterator[SegmentGroup]:
    """Yield the groups of a query in order."""
    plot_words = _words_of((each for each in segments if each.is_plot_text), words)
    content = (
        each
        for each in segments
        if not each.is_filler and not has_any(each.meanings, (PhraseRole.FILM, PhraseRole.FILMS))
    )
    template = SegmentGroup(
        (),
        is_whole_query=not plot_words,
        at_start=False,
        at_end=False,
        query_names_films=any(each.names_films for each in segments),
        is_beside_title=bool(plot_words) and entities.find_title(plot_words) is not None,
        content_word_count=len(_words_of(content, words)),
        plot_word_count=len(plot_words),
    )
    for is_plot_text, run in groupby(segments, key=lambda each: each.is_plot_text):
        if not is_plot_text:
            group = tuple(run)
            yield replace(
                template,
                segments=group,
                at_start=group[0].start == 0,
                at_end=group[-1].stop == len(words),
            )


def _words_of(segments: Iterable[Segment], words: Sequence[Word]) -> list[Word]:
    return [word for each in segments for word in words[each.start : each.stop]]
