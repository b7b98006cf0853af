"""Search: from a text to titles, and to what was recognised in the text.

A text is parsed (`search.parsing`), what remains of it is expanded into readings in every language
it may be in (`search.language`), and names, plot words and meaning are ranked together
(`search.fusion`). Requirements recognised in the text never leave a search without results: they
are relaxed, and the result says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from index.query import Filter, Query, VectorIndex, VectorMissing
from search.filter_intersection import intersect
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
from search.names.lexical import LexicalIndex, NameField, NameMatch, is_phonetic_prefix
from search.parsing.parser import Chip, EntityDictionary, ParsedQuery, parse_query, relaxations
from search.plots import PlotIndex
from vocabulary.arrays import Vector
from vocabulary.ids import Region, TitleId
from vocabulary.kinds import Space

MOOD_WEIGHT = 0.5  # of the reading for a mood, beside 1 for the text
LIKE_WEIGHT = 1.0  # of the vector of a title to find others like, beside that of the text
MAX_PLOT_MATCHES = 300
MAX_NAME_MATCHES = 50
MIN_NAME_STRENGTH = 0.4  # weaker matches have little more than common letters
FRESHNESS_WEIGHT = 0.3  # of requests for new or old films
REMAINDER_STRENGTH_FACTOR = 0.9  # on the strength of names in the remaining text
PERSON_CHIP_PREFIX = "person:"
MIN_SURE_NAME_STRENGTH = 0.85
MIN_DID_YOU_MEAN_STRENGTH = 0.6


class Searchable(Protocol):
    """The in-memory structures that searches need."""

    @property
    def index(self) -> VectorIndex:
        """The vectors, filters and boosts of titles."""
        ...

    @property
    def names(self) -> LexicalIndex:
        """The names of titles and of their people."""
        ...

    @property
    def plots(self) -> PlotIndex:
        """The words of plots."""
        ...

    @property
    def entity_dictionary(self) -> EntityDictionary:
        """The names that queries are parsed against."""
        ...


@dataclass(frozen=True, slots=True)
class AnalyzedQuery:
    """A parsed and expanded text; `vector` is none without an embedder or for an empty text."""

    text: str
    ignored_chip_keys: frozenset[str]
    parsed: ParsedQuery
    name_matches: Sequence[NameMatch]
    expansion: QueryExpansion
    vector: Vector | None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Titles, best first, and what was recognised in the text."""

    hits: Sequence[FusedHit]
    chips: tuple[Chip, ...] = ()
    relaxed_chips: tuple[Chip, ...] = ()  # dropped because nothing would have been left
    did_you_mean: TitleId | None = None  # its name is similar to the text
    nearest: bool = False  # no title has the name or the words: hits are near in meaning only


def analyze(
    catalogue: Searchable,
    expander: QueryExpander,
    embed: EmbedTexts | None,
    text: str,
    *,
    ignored_chip_keys: frozenset[str] = frozenset(),
) -> AnalyzedQuery:
    """Parse a text without the chips to ignore, expand it and embed its readings."""
    names = _find_names(catalogue, text)
    parsed = _parse(catalogue, text, names, ignored_chip_keys)
    remaining_text = parsed.remaining_text or parsed.like_text
    if _is_title_name(names):
        # A search for a title by its name is for that title and similar ones, not for the meaning
        # of the name's words.
        vector = _similarity_vector(catalogue.index, names[0].title_id, None)
        if vector is not None:
            expansion = literal_expansion(remaining_text)
            return AnalyzedQuery(text, ignored_chip_keys, parsed, names, expansion, vector)
    expansion = expander.expand(remaining_text)
    if parsed.mood_text:
        mood_reading = (parsed.mood_text, MOOD_WEIGHT)
        expansion = replace(expansion, readings=(*expansion.readings, mood_reading))
    vector = None if embed is None else expansion.mean_vector(embed)
    if parsed.like_title_id is not None:
        vector = _similarity_vector(catalogue.index, parsed.like_title_id, vector)
    return AnalyzedQuery(text, ignored_chip_keys, parsed, names, expansion, vector)


def retrieve(
    catalogue: Searchable,
    query: AnalyzedQuery,
    filter: Filter,
    region: Region,
    *,
    k: int,
    taste: Vector | None = None,
) -> SearchResult:
    """Return the best titles that pass the filter; taste is a vector of unit length."""
    names, parsed = query.name_matches, query.parsed
    plots = catalogue.plots.match(query.expansion.plot_terms, limit=MAX_PLOT_MATCHES)
    did_you_mean = _did_you_mean(query.text, names)
    for attempt in (parsed, *relaxations(parsed)):
        evidence = collect_evidence(
            _names_of_attempt(catalogue, attempt, names), plots, attempt.preferences
        )
        # A text without an embedding only finds titles by names and words.
        is_browsing = not attempt.remaining_text and attempt.like_title_id is None
        hits = fuse(
            catalogue.index,
            evidence,
            query=_index_query(query, attempt, evidence, filter, region, k=k),
            include_others=query.vector is not None or is_browsing,
            taste=taste,
        )
        if hits:
            return _result(parsed, attempt, hits, did_you_mean)
    return SearchResult((), parsed.chips, (), did_you_mean)


def _parse(
    catalogue: Searchable,
    text: str,
    names: Sequence[NameMatch],
    ignored_chip_keys: frozenset[str],
) -> ParsedQuery:
    """Parse a text; people do not count if it is surely the name of a title, such as "Iron Man"."""
    entities = catalogue.entity_dictionary
    parsed = parse_query(text, entities, ignored_chip_keys=ignored_chip_keys)
    people = {chip.key for chip in parsed.chips if chip.key.startswith(PERSON_CHIP_PREFIX)}
    best = names[0] if names else None
    if not people or best is None or best.field is not NameField.NAME:
        return parsed
    if best.strength < MIN_SURE_NAME_STRENGTH:
        return parsed
    return parse_query(text, entities, ignored_chip_keys=ignored_chip_keys | people)


def _result(
    parsed: ParsedQuery,
    attempt: ParsedQuery,
    hits: Sequence[FusedHit],
    did_you_mean: TitleId | None,
) -> SearchResult:
    relaxed_keys = {chip.key for chip in attempt.relaxed_chips}
    has_words = bool(attempt.remaining_text) and attempt.like_title_id is None
    return SearchResult(
        hits,
        tuple(chip for chip in parsed.chips if chip.key not in relaxed_keys),
        attempt.relaxed_chips,
        did_you_mean,
        nearest=has_words and not any(hit.evidence.text_score for hit in hits),
    )


def _index_query(
    query: AnalyzedQuery,
    attempt: ParsedQuery,
    evidence: dict[TitleId, TextEvidence],
    filter: Filter,
    region: Region,
    *,
    k: int,
) -> Query:
    has_text = query.vector is not None or any(each.name for each in evidence.values())
    boosts = search_boosts(region) if has_text else browse_boosts(region)
    narrowed = intersect(filter, attempt.filter)
    if attempt.like_title_id is not None:
        narrowed = replace(narrowed, exclude=narrowed.exclude | {attempt.like_title_id})
    return Query(
        vector=query.vector,
        filter=narrowed,
        boosts=replace(boosts, freshness=FRESHNESS_WEIGHT * attempt.freshness),
        k=k,
    )


def _names_of_attempt(
    catalogue: Searchable, attempt: ParsedQuery, names: Sequence[NameMatch]
) -> Sequence[NameMatch]:
    """Return the names in the whole text, and with less strength those in the remaining text."""
    if attempt.like_title_id is not None:
        return ()
    if not attempt.chips or not attempt.remaining_text:
        return names
    weaker = (
        replace(match, strength=REMAINDER_STRENGTH_FACTOR * match.strength)
        for match in _find_names(catalogue, attempt.remaining_text)
    )
    return [*names, *weaker]


def _find_names(catalogue: Searchable, text: str) -> list[NameMatch]:
    matches = catalogue.names.match(text, limit=MAX_NAME_MATCHES)
    return [match for match in matches if match.strength >= MIN_NAME_STRENGTH]


def _is_title_name(names: Sequence[NameMatch]) -> bool:
    """Return whether the whole text is the name of a title."""
    return bool(
        names
        and names[0].field is NameField.NAME
        and names[0].covers_query
        and names[0].strength >= MIN_SAME_SOUND_STRENGTH
    )


def _did_you_mean(text: str, names: Sequence[NameMatch]) -> TitleId | None:
    """Return the title whose name is similar to the whole text, but does not begin with it."""
    best = next((match for match in names if match.field is NameField.NAME), None)
    if best is None or not best.covers_query or is_phonetic_prefix(text, best.matched_name):
        return None
    is_similar = MIN_DID_YOU_MEAN_STRENGTH <= best.strength < MIN_SAME_SOUND_STRENGTH
    return best.title_id if is_similar else None


def _similarity_vector(
    index: VectorIndex, title_id: TitleId, text_vector: Vector | None
) -> Vector | None:
    """Return the mean direction of a title and a text; of the text only for unembedded titles."""
    try:
        title_vector: Vector = index.vectors([title_id], Space.CONTENT)[0]
    except VectorMissing:
        return text_vector
    if text_vector is None:
        return title_vector
    return unit_vector(np.float32(LIKE_WEIGHT) * title_vector + text_vector)
