"""The search box: from what a person types to titles, and what was made of it.

A text is taken apart (`search.parsing`), what is left of it is read in every language that
it may be in (`search.language`), and names, words and meaning are ranked as one (`search.fusion`).
Nothing understood is ever in the way: where it leaves nothing, it is given up, and the answer says
so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import numpy as np

from index.query import Filter, Query, VectorIndex, VectorMissing
from search.fusion import (
    MIN_SAME_SOUND_STRENGTH,
    FusedHit,
    TextEvidence,
    browse_boosts,
    collect_evidence,
    fuse,
    search_boosts,
)
from search.language.query_expansion import (
    EmbedTexts,
    QueryExpander,
    QueryExpansion,
    literal_expansion,
    unit_vector,
)
from search.names.lexical import LexicalIndex, NameField, NameMatch
from search.names.phonetic import phonetic_key
from search.parsing.entity_dictionary import EntityDictionary
from search.parsing.parsed_query import Chip, ParsedQuery, relaxations
from search.parsing.parser import parse_query
from search.plots import PlotIndex
from vocabulary.arrays import Vector
from vocabulary.ids import Region, TitleId
from vocabulary.kinds import Space

Value = TypeVar("Value")

MOOD_WEIGHT = 0.5  # beside the text itself
LIKE_WEIGHT = 1.0  # of a title that others shall be like, beside what else is said
MAX_PLOT_MATCHES = 300  # titles whose plots' words count
MAX_NAME_MATCHES = 50
MIN_NAME_STRENGTH = 0.4  # below it names share little but common letters
FRESHNESS_WEIGHT = 0.3  # of those who ask for new films, or for old ones
REMAINDER_STRENGTH_FACTOR = 0.9  # of a name found in what is left: no longer the very name
PERSON_CHIP_PREFIX = "person:"  # how the keys of people begin
MIN_SURE_NAME_STRENGTH = 0.85
MIN_DID_YOU_MEAN_STRENGTH = 0.6  # strength of a name that may have been meant


class Searchable(Protocol):
    """What a process holds of the catalogue in memory."""

    @property
    def index(self) -> VectorIndex:
        """The vectors, filters and boosts of titles."""
        ...

    @property
    def names(self) -> LexicalIndex:
        """What titles and their people are called."""
        ...

    @property
    def plots(self) -> PlotIndex:
        """The words of plots."""
        ...

    @property
    def entity_dictionary(self) -> EntityDictionary:
        """The names that queries are understood by."""
        ...


@dataclass(frozen=True, slots=True)
class AnalyzedQuery:
    """A text, understood and read; `vector` is none where nobody could embed it."""

    text: str
    ignored_chip_keys: frozenset[str]  # keys of chips
    parsed: ParsedQuery
    name_matches: Sequence[NameMatch]
    expansion: QueryExpansion
    vector: Vector | None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Titles, the best first, and what was made of the text."""

    hits: Sequence[FusedHit]
    chips: tuple[Chip, ...] = ()
    relaxed_chips: tuple[Chip, ...] = ()  # understood, and given up because it left nothing
    did_you_mean: TitleId | None = None  # whose name is nearly what was typed
    nearest: bool = False  # no title has the name or the words: these are near in meaning alone


def analyze(
    catalogue: Searchable,
    expander: QueryExpander,
    embed: EmbedTexts | None,
    text: str,
    *,
    ignored_chip_keys: frozenset[str] = frozenset(),
) -> AnalyzedQuery:
    """Take a text apart, chips of `ignored` keys aside, and embed what it says."""
    names = _find_names(catalogue, text)
    understood = parse_query(text, catalogue.entity_dictionary, ignored_chip_keys=ignored_chip_keys)
    if any(
        match.strength >= MIN_SURE_NAME_STRENGTH
        for match in names[:1]
        if match.field is NameField.NAME
    ):
        # A name with a slip in it, and maybe a star's name: "Iron Man" is nobody's first name.
        people = {chip.key for chip in understood.chips if chip.key.startswith(PERSON_CHIP_PREFIX)}
        if people:
            understood = parse_query(
                text, catalogue.entity_dictionary, ignored_chip_keys=ignored_chip_keys | people
            )
    rest = understood.remaining_text or understood.like_text
    if _is_title_name(names):
        # Who asks for a title by its name wants it, and what is like it: not what its words mean.
        called = _similarity_vector(catalogue.index, names[0].title_id, None)
        if called is not None:
            return AnalyzedQuery(
                text, ignored_chip_keys, understood, names, literal_expansion(rest), called
            )
    meaning = expander.expand(rest)
    if understood.mood_text:
        moods = ((understood.mood_text, MOOD_WEIGHT),)
        meaning = replace(meaning, readings=meaning.readings + moods)
    vector = None if embed is None else meaning.mean_vector(embed)
    if understood.like_title_id is not None:
        vector = _similarity_vector(catalogue.index, understood.like_title_id, vector)
    return AnalyzedQuery(text, ignored_chip_keys, understood, names, meaning, vector)


def retrieve(
    catalogue: Searchable,
    analyzed_query: AnalyzedQuery,
    filter: Filter,
    region: Region,
    *,
    k: int,
    taste: Vector | None = None,
) -> SearchResult:
    """Return the best titles that meet the filter, for a taste of unit length or for anybody."""
    names = analyzed_query.name_matches
    plots = catalogue.plots.match(analyzed_query.expansion.plot_terms, limit=MAX_PLOT_MATCHES)
    meant = _did_you_mean(analyzed_query.text, names)
    understood = analyzed_query.parsed
    for attempt in (understood, *relaxations(understood)):
        told = collect_evidence(
            _name_matches_of_attempt(catalogue, attempt, names), plots, attempt.preferences
        )
        query = _index_query(analyzed_query, attempt, told, filter, region, k=k)
        # What nobody could embed is found by names and words, or not at all.
        browsing = not attempt.remaining_text and attempt.like_title_id is None
        others = analyzed_query.vector is not None or browsing
        found = fuse(catalogue.index, told, query=query, include_others=others, taste=taste)
        if found:
            dropped = {chip.key for chip in attempt.relaxed_chips}
            chips = tuple(chip for chip in understood.chips if chip.key not in dropped)
            asked_for_words = bool(attempt.remaining_text) and attempt.like_title_id is None
            nearest = asked_for_words and not any(each.evidence.text_score for each in found)
            return SearchResult(found, chips, attempt.relaxed_chips, meant, nearest)
    return SearchResult((), understood.chips, (), meant)


def _index_query(
    analyzed_query: AnalyzedQuery,
    attempt: ParsedQuery,
    evidence: dict[TitleId, TextEvidence],
    filter: Filter,
    region: Region,
    *,
    k: int,
) -> Query:
    finding = analyzed_query.vector is not None or any(each.name for each in evidence.values())
    boosts = search_boosts(region) if finding else browse_boosts(region)
    narrowed = intersect(filter, attempt.filter)
    if attempt.like_title_id is not None:
        narrowed = replace(narrowed, exclude=narrowed.exclude | {attempt.like_title_id})
    return Query(
        vector=analyzed_query.vector,
        filter=narrowed,
        boosts=replace(boosts, freshness=FRESHNESS_WEIGHT * attempt.freshness),
        k=k,
    )


def _name_matches_of_attempt(
    catalogue: Searchable, attempt: ParsedQuery, name_matches: Sequence[NameMatch]
) -> Sequence[NameMatch]:
    """Return the names in the whole text, and weaker ones in what is left of it."""
    if attempt.like_title_id is not None:
        return ()
    if not attempt.chips or not attempt.remaining_text:
        return name_matches
    return [
        *name_matches,
        *(
            replace(match, strength=REMAINDER_STRENGTH_FACTOR * match.strength)
            for match in _find_names(catalogue, attempt.remaining_text)
        ),
    ]


def _find_names(catalogue: Searchable, text: str) -> list[NameMatch]:
    matches = catalogue.names.match(text, limit=MAX_NAME_MATCHES)
    return [match for match in matches if match.strength >= MIN_NAME_STRENGTH]


def _is_title_name(name_matches: Sequence[NameMatch]) -> bool:
    """Tell whether the whole text is what some title is called: there is nothing to read in it."""
    return any(
        match.field is NameField.NAME
        and match.covers_query
        and match.strength >= MIN_SAME_SOUND_STRENGTH
        for match in name_matches[:1]
    )


def _did_you_mean(text: str, name_matches: Sequence[NameMatch]) -> TitleId | None:
    """Return the title whose name, nearly, the whole text is.

    None where it is the very name, or the beginning of it: that is no slip.
    """
    best = next((match for match in name_matches if match.field is NameField.NAME), None)
    if best is None or phonetic_key(best.matched_name).startswith(phonetic_key(text)):
        return None
    if (
        not best.covers_query
        or not MIN_DID_YOU_MEAN_STRENGTH <= best.strength < MIN_SAME_SOUND_STRENGTH
    ):
        return None
    return best.title_id


def _similarity_vector(
    index: VectorIndex, title_id: TitleId, text_vector: Vector | None
) -> Vector | None:
    """Return the direction of a title and of what else is said."""
    try:
        like: Vector = index.vectors([title_id], Space.CONTENT)[0]
    except VectorMissing:
        return text_vector
    if text_vector is None:
        return like
    return unit_vector(np.float32(LIKE_WEIGHT) * like + text_vector)


def intersect(filter: Filter, parsed_filter: Filter) -> Filter:
    """Return a filter that both leave; where they contradict each other, the one asked for.

    What is understood of a text narrows, it never widens what a caller's own filter leaves.
    """
    include = parsed_filter.include
    if include is not None and filter.include is not None:
        include = include & filter.include
    return replace(
        filter,
        kinds=_intersect_values(filter.kinds, parsed_filter.kinds),
        languages=_intersect_values(filter.languages, parsed_filter.languages),
        genres_any=_intersect_values(filter.genres_any, parsed_filter.genres_any),
        genres_all=filter.genres_all | parsed_filter.genres_all,
        genres_none=filter.genres_none | parsed_filter.genres_none,
        providers=_intersect_values(filter.providers, parsed_filter.providers),
        year_from=_max_year(filter.year_from, parsed_filter.year_from),
        year_to=_min_year(filter.year_to, parsed_filter.year_to),
        include=filter.include if include is None else include,
    )


def _intersect_values(
    requested_values: frozenset[Value], parsed_values: frozenset[Value]
) -> frozenset[Value]:
    return (
        (requested_values & parsed_values or requested_values)
        if requested_values and parsed_values
        else requested_values or parsed_values
    )


def _max_year(first: int | None, second: int | None) -> int | None:
    return max((year for year in (first, second) if year is not None), default=None)


def _min_year(first: int | None, second: int | None) -> int | None:
    return min((year for year in (first, second) if year is not None), default=None)
