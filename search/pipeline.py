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

from index.query import Filter, Query, Region, TitleId, Vector, VectorIndex, VectorMissing
from search.fusion import (
    SAME_SOUND_STRENGTH,
    Evidence,
    Found,
    browse_boosts,
    evidence,
    hybrid,
    search_boosts,
)
from search.language.query_expansion import Embed, Meaning, Reader, plain
from search.names.lexical import Field, LexicalIndex, Match
from search.names.phonetic import key
from search.parsing.entity_dictionary import Vocabulary
from search.parsing.parsed_query import Chip, Understood, relaxations
from search.parsing.parser import understand
from search.plots import PlotIndex
from vocabulary.kinds import Space

Value = TypeVar("Value")

MOOD_WEIGHT = 0.5  # beside the text itself
LIKE_WEIGHT = 1.0  # of a title that others shall be like, beside what else is said
PLOTS = 300  # titles whose plots' words count
NAMES = 50
WEAKEST_NAME = 0.4  # below it names share little but common letters
FRESHNESS = 0.3  # of those who ask for new films, or for old ones
REST_STRENGTH = 0.9  # of a name found in what is left: no longer the very name
TINY = 1e-9  # of a length
PERSON = "person:"  # how the keys of people begin
SURELY_MEANT = 0.85
LEAST_MEANT = 0.6  # strength of a name that may have been meant


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
    def vocabulary(self) -> Vocabulary:
        """The names that queries are understood by."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A text, understood and read; `vector` is none where nobody could embed it."""

    text: str
    ignored: frozenset[str]  # keys of chips
    understood: Understood
    names: Sequence[Match]
    meaning: Meaning
    vector: Vector | None


@dataclass(frozen=True, slots=True)
class Answer:
    """Titles, the best first, and what was made of the text."""

    found: Sequence[Found]
    chips: tuple[Chip, ...] = ()
    dropped: tuple[Chip, ...] = ()  # understood, and given up because it left nothing
    meant: TitleId | None = None  # whose name is nearly what was typed
    nearest: bool = False  # no title has the name or the words: these are near in meaning alone


def ask(
    held: Searchable,
    reader: Reader,
    embed: Embed | None,
    text: str,
    *,
    ignored: frozenset[str] = frozenset(),
) -> Asked:
    """Take a text apart, chips of `ignored` keys aside, and embed what it says."""
    names = _named(held, text)
    understood = understand(text, held.vocabulary, ignored=ignored)
    if any(match.strength >= SURELY_MEANT for match in names[:1] if match.field is Field.NAME):
        # A name with a slip in it, and maybe a star's name: "Iron Man" is nobody's first name.
        people = {chip.key for chip in understood.chips if chip.key.startswith(PERSON)}
        if people:
            understood = understand(text, held.vocabulary, ignored=ignored | people)
    rest = understood.rest or understood.like_text
    if _is_a_name(names):
        # Who asks for a title by its name wants it, and what is like it: not what its words mean.
        called = _like(held.index, names[0].title_id, None)
        if called is not None:
            return Asked(text, ignored, understood, names, plain(rest), called)
    meaning = reader.read(rest)
    if understood.mood:
        moods = ((understood.mood, MOOD_WEIGHT),)
        meaning = replace(meaning, texts=meaning.texts + moods)
    vector = None if embed is None else meaning.vector(embed)
    if understood.like is not None:
        vector = _like(held.index, understood.like, vector)
    return Asked(text, ignored, understood, names, meaning, vector)


def find(
    held: Searchable,
    asked: Asked,
    wanted: Filter,
    region: Region,
    *,
    k: int,
    taste: Vector | None = None,
) -> Answer:
    """Return the best titles that meet the filter, for a taste of unit length or for anybody."""
    names = asked.names
    plots = held.plots.match(asked.meaning.words, limit=PLOTS)
    meant = _meant(asked.text, names)
    understood = asked.understood
    for attempt in (understood, *relaxations(understood)):
        told = evidence(_names(held, attempt, names), plots, attempt.preferred)
        query = _query(asked, attempt, told, wanted, region, k=k)
        # What nobody could embed is found by names and words, or not at all.
        browsing = not attempt.rest and attempt.like is None
        others = asked.vector is not None or browsing
        found = hybrid(held.index, told, query=query, others=others, taste=taste)
        if found:
            dropped = {chip.key for chip in attempt.dropped}
            chips = tuple(chip for chip in understood.chips if chip.key not in dropped)
            asked_for_words = bool(attempt.rest) and attempt.like is None
            nearest = asked_for_words and not any(each.evidence.told for each in found)
            return Answer(found, chips, attempt.dropped, meant, nearest)
    return Answer((), understood.chips, (), meant)


def _query(
    asked: Asked,
    attempt: Understood,
    told: dict[TitleId, Evidence],
    wanted: Filter,
    region: Region,
    *,
    k: int,
) -> Query:
    finding = asked.vector is not None or any(each.name for each in told.values())
    boosts = search_boosts(region) if finding else browse_boosts(region)
    narrowed = both(wanted, attempt.filter)
    if attempt.like is not None:
        narrowed = replace(narrowed, exclude=narrowed.exclude | {attempt.like})
    return Query(
        vector=asked.vector,
        filter=narrowed,
        boosts=replace(boosts, freshness=FRESHNESS * attempt.freshness),
        k=k,
    )


def _names(held: Searchable, attempt: Understood, names: Sequence[Match]) -> Sequence[Match]:
    """Return the names in the whole text, and weaker ones in what is left of it."""
    if attempt.like is not None:
        return ()
    if not attempt.chips or not attempt.rest:
        return names
    return [
        *names,
        *(
            replace(match, strength=REST_STRENGTH * match.strength)
            for match in _named(held, attempt.rest)
        ),
    ]


def _named(held: Searchable, text: str) -> list[Match]:
    matches = held.names.match(text, limit=NAMES)
    return [match for match in matches if match.strength >= WEAKEST_NAME]


def _is_a_name(names: Sequence[Match]) -> bool:
    """Tell whether the whole text is what some title is called: there is nothing to read in it."""
    return any(
        match.field is Field.NAME and match.whole and match.strength >= SAME_SOUND_STRENGTH
        for match in names[:1]
    )


def _meant(text: str, names: Sequence[Match]) -> TitleId | None:
    """Return the title whose name, nearly, the whole text is.

    None where it is the very name, or the beginning of it: that is no slip.
    """
    best = next((match for match in names if match.field is Field.NAME), None)
    if best is None or key(best.matched).startswith(key(text)):
        return None
    if not best.whole or not LEAST_MEANT <= best.strength < SAME_SOUND_STRENGTH:
        return None
    return best.title_id


def _like(index: VectorIndex, title_id: TitleId, said: Vector | None) -> Vector | None:
    """Return the direction of a title and of what else is said."""
    try:
        like: Vector = index.vectors([title_id], Space.CONTENT)[0]
    except VectorMissing:
        return said
    if said is None:
        return like
    total: Vector = np.float32(LIKE_WEIGHT) * like + said
    total /= max(float(np.linalg.norm(total)), TINY)
    return total


def both(asked: Filter, understood: Filter) -> Filter:
    """Return a filter that both leave; where they contradict each other, the one asked for.

    What is understood of a text narrows, it never widens what a caller's own filter leaves.
    """
    include = understood.include
    if include is not None and asked.include is not None:
        include = include & asked.include
    return replace(
        asked,
        kinds=_either(asked.kinds, understood.kinds),
        languages=_either(asked.languages, understood.languages),
        genres_any=_either(asked.genres_any, understood.genres_any),
        genres_all=asked.genres_all | understood.genres_all,
        genres_none=asked.genres_none | understood.genres_none,
        providers=_either(asked.providers, understood.providers),
        year_from=_later(asked.year_from, understood.year_from),
        year_to=_earlier(asked.year_to, understood.year_to),
        include=asked.include if include is None else include,
    )


def _either(asked: frozenset[Value], understood: frozenset[Value]) -> frozenset[Value]:
    return (asked & understood or asked) if asked and understood else asked or understood


def _later(first: int | None, second: int | None) -> int | None:
    return max((year for year in (first, second) if year is not None), default=None)


def _earlier(first: int | None, second: int | None) -> int | None:
    return min((year for year in (first, second) if year is not None), default=None)
