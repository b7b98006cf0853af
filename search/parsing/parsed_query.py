"""What was understood of a query: a filter, preferences, chips, and what is left to find."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

from index.query import Filter
from search.names.tokenizer import Word
from vocabulary.ids import TitleId


@dataclass(frozen=True, slots=True)
class Chip:
    """Something understood, shown so that it can be taken away by its `key`."""

    key: str  # `language:ta`, `decade:1990`, `person:rajinikanth`, `like:96`
    label: str  # "Tamil", "1990s", "Rajinikanth", "Like 96"
    text: str  # the words of the query that it came from
    hard: bool  # narrows the filter; else only a preference


class Aspect(IntEnum):
    """What a reading is about, in the order in which a search that finds nothing gives it up."""

    PROVIDER = 1
    KIND = 2
    PERIOD = 3
    GENRE = 4
    LANGUAGE = 5
    PERSON = 6
    LIKE = 7
    MOOD = 8
    AGE = 9


# Their words mean something without the chip; those of the others only name it.
MEANINGFUL_ASPECTS = frozenset({Aspect.GENRE, Aspect.PERSON, Aspect.LIKE, Aspect.MOOD, Aspect.AGE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpretation:
    """Words of a query read as one thing."""

    chip: Chip
    aspect: Aspect
    positions: frozenset[int]  # their places in the query
    filter: Filter = field(default_factory=Filter)
    person_title_ids: frozenset[TitleId] = frozenset()  # of a person
    strength: float = 0.0  # 0..1: how much a person's titles are preferred when not required
    mood_text: str = ""  # of a mood
    keeps_words: bool = False  # and the words stay in what is left: "like Eega but funny"
    freshness: float = 0.0  # 1: new ones, -1: old ones
    like_title_id: TitleId | None = None  # that the others shall be like


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """A query taken apart; `rest` and `like_text` are in its own words.

    With a `like`, all other words are its `like_text` and there is no rest.
    """

    remaining_text: str
    filter: Filter = field(default_factory=Filter)
    preferences: Mapping[TitleId, float] = field(default_factory=dict)  # 0..1
    mood_text: str | None = None
    like_title_id: TitleId | None = None
    like_text: str = ""
    chips: tuple[Chip, ...] = ()
    freshness: float = 0.0  # a preference: 1 for new titles, -1 for old ones
    relaxed_chips: tuple[Chip, ...] = ()  # by a relaxation
    text: str = ""
    words: tuple[Word, ...] = ()
    remaining_positions: frozenset[int] = (
        frozenset()
    )  # places of the words of `rest` or `like_text`
    interpretations: tuple[Interpretation, ...] = ()


def compose(
    text: str,
    words: Sequence[Word],
    remaining_positions: Iterable[int],
    interpretations: Sequence[Interpretation],
) -> ParsedQuery:
    """Return what readings of a text come to, the words in `left` being for the search to find."""
    places = frozenset(remaining_positions)
    said = excerpt(text, words, places)
    like = next(
        (each.like_title_id for each in interpretations if each.like_title_id is not None), None
    )
    hard = [each for each in interpretations if each.chip.hard]
    return ParsedQuery(
        remaining_text="" if like is not None else said,
        filter=_combined_filter(hard),
        preferences=_preferences(interpretations),
        mood_text=", ".join(each.mood_text for each in interpretations if each.mood_text) or None,
        like_title_id=like,
        like_text=said if like is not None else "",
        chips=tuple({each.chip.key: each.chip for each in interpretations}.values()),
        freshness=next((each.freshness for each in interpretations if each.freshness), 0.0),
        text=text,
        words=tuple(words),
        remaining_positions=places,
        interpretations=tuple(interpretations),
    )


def relaxations(parsed: ParsedQuery) -> Iterator[ParsedQuery]:
    """Yield what was understood with less and less required: one thing given up, then more.

    What is given up is named by `dropped`; of a person and a genre a preference stays.
    """
    hard = sorted(
        {each.chip.key: each.aspect for each in parsed.interpretations if each.chip.hard}.items(),
        key=lambda item: item[1],
    )
    keys = [key for key, _ in hard]
    for key in keys:
        yield without_chips(parsed, {key})
    for count in range(2, len(keys) + 1):
        yield without_chips(parsed, set(keys[:count]))


def without_chips(parsed: ParsedQuery, chip_keys: set[str]) -> ParsedQuery:
    """Return what was understood, the chips of these keys not required any more."""
    given_up = [each for each in parsed.interpretations if each.chip.key in chip_keys]
    kept = [each for each in parsed.interpretations if each.chip.key not in chip_keys]
    kept += [_soften(each) for each in given_up if each.aspect is Aspect.PERSON]
    meant = [each for each in given_up if each.aspect is Aspect.GENRE]
    if not kept and not parsed.remaining_positions:
        meant = given_up  # or there were nothing to find
    again = {place for each in meant for place in each.positions}
    again -= {place for each in kept for place in each.positions}
    relaxed = compose(parsed.text, parsed.words, parsed.remaining_positions | again, kept)
    return replace(
        relaxed, relaxed_chips=tuple({each.chip.key: each.chip for each in given_up}.values())
    )


def _soften(interpretation: Interpretation) -> Interpretation:
    return replace(interpretation, chip=replace(interpretation.chip, hard=False), strength=1.0)


def excerpt(text: str, words: Sequence[Word], positions: Iterable[int]) -> str:
    """Return these words as the text has them, with what stands between neighbours."""
    parts: list[str] = []
    before = -2
    for place in sorted(positions):
        word = words[place]
        if place == before + 1 and word.start >= words[before].end:
            parts.append(text[words[before].end : word.start])
        elif parts:
            parts.append(" ")
        if before < 0 or word.start >= words[before].end:
            parts.append(text[word.start : word.end])
        before = place
    return "".join(parts).strip()


def _combined_filter(interpretations: Sequence[Interpretation]) -> Filter:
    parts = [each.filter for each in interpretations]
    genres = [part.genres_any for part in parts if part.genres_any]
    first, last = _year_range(parts)
    return Filter(
        kinds=frozenset().union(*(part.kinds for part in parts)),
        languages=frozenset().union(*(part.languages for part in parts)),
        genres_any=genres[0] if len(genres) == 1 else frozenset(),
        genres_all=frozenset().union(*genres) if len(genres) > 1 else frozenset(),
        genres_none=frozenset().union(*(part.genres_none for part in parts)),
        year_from=first,
        year_to=last,
        providers=frozenset().union(*(part.providers for part in parts)),
        include=_person_titles(
            [each.person_title_ids for each in interpretations if each.aspect is Aspect.PERSON]
        ),
    )


def _year_range(filters: Sequence[Filter]) -> tuple[int | None, int | None]:
    """Return the years that are meant: 80s and 90s are twenty, "after" and "before" bounds."""
    closed = [(part.year_from, part.year_to) for part in filters if None not in _year_bounds(part)]
    firsts = [part.year_from for part in filters if part.year_from and part.year_to is None]
    lasts = [part.year_to for part in filters if part.year_to and part.year_from is None]
    if closed:
        firsts.append(min(first for first, _ in closed if first))
        lasts.append(max(last for _, last in closed if last))
    return max(firsts, default=None), min(lasts, default=None)


def _year_bounds(filter: Filter) -> tuple[int | None, int | None]:
    return filter.year_from, filter.year_to


def _person_titles(title_sets: Sequence[frozenset[TitleId]]) -> frozenset[TitleId] | None:
    """Return the titles of all these people, or where they never met, of any."""
    if not title_sets:
        return None
    return frozenset.intersection(*title_sets) or frozenset.union(*title_sets)


def _preferences(interpretations: Sequence[Interpretation]) -> dict[TitleId, float]:
    wanted: dict[TitleId, float] = {}
    for each in interpretations:
        if not each.chip.hard:
            for title_id in each.person_title_ids:
                wanted[title_id] = max(each.strength, wanted.get(title_id, 0.0))
    return wanted
