"""A parsed query: filter, preferences, chips, and the remaining text."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

from index.query import Filter
from search.names.tokenizer import Word
from vocabulary.ids import TitleId


@dataclass(frozen=True, slots=True)
class Chip:
    """Something recognised in the query; users remove it by its `key`."""

    key: str  # `language:ta`, `decade:1990`, `person:rajinikanth`, `like:96`
    label: str  # "Tamil", "1990s", "Rajinikanth", "Like 96"
    text: str  # the words of the query
    hard: bool  # restricts the results; else only a preference


class Aspect(IntEnum):
    """What an interpretation is about, in the order in which searches without results relax it."""

    PROVIDER = 1
    KIND = 2
    PERIOD = 3
    GENRE = 4
    LANGUAGE = 5
    PERSON = 6
    LIKE = 7
    MOOD = 8
    AGE = 9


# Without the chip, words of these aspects still mean something; others only name it.
MEANINGFUL_ASPECTS = frozenset({Aspect.GENRE, Aspect.PERSON, Aspect.LIKE, Aspect.MOOD, Aspect.AGE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpretation:
    """One meaning of some words of a query."""

    chip: Chip
    aspect: Aspect
    positions: frozenset[int]  # of the words
    filter: Filter = field(default_factory=Filter)
    person_title_ids: frozenset[TitleId] = frozenset()
    strength: float = 0.0  # of the preference for a person's titles, 0..1
    mood_text: str = ""  # to embed
    keeps_words: bool = False  # the words also stay in the remaining text: "like Eega but funny"
    freshness: float = 0.0  # 1 for new titles, -1 for old ones
    like_title_id: TitleId | None = None  # find titles like this one


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """A query after parsing; `remaining_text` and `like_text` are in its own words.

    With a `like_title_id`, all other words are the `like_text` and no text remains.
    """

    remaining_text: str
    filter: Filter = field(default_factory=Filter)
    preferences: Mapping[TitleId, float] = field(default_factory=dict)  # 0..1
    mood_text: str | None = None
    like_title_id: TitleId | None = None
    like_text: str = ""
    chips: tuple[Chip, ...] = ()
    freshness: float = 0.0  # 1 for new titles, -1 for old ones
    relaxed_chips: tuple[Chip, ...] = ()  # no longer required
    text: str = ""
    words: tuple[Word, ...] = ()
    remaining_positions: frozenset[int] = frozenset()  # of `remaining_text` or `like_text`
    interpretations: tuple[Interpretation, ...] = ()


def compose(
    text: str,
    words: Sequence[Word],
    remaining_positions: Iterable[int],
    interpretations: Sequence[Interpretation],
) -> ParsedQuery:
    """Return the query that interpretations of a text and its remaining words amount to."""
    positions = frozenset(remaining_positions)
    remaining_text = excerpt(text, words, positions)
    like_title_ids = (each.like_title_id for each in interpretations)
    like = next((title_id for title_id in like_title_ids if title_id is not None), None)
    hard = [each for each in interpretations if each.chip.hard]
    return ParsedQuery(
        remaining_text="" if like is not None else remaining_text,
        filter=_combined_filter(hard),
        preferences=_preferences(interpretations),
        mood_text=", ".join(each.mood_text for each in interpretations if each.mood_text) or None,
        like_title_id=like,
        like_text=remaining_text if like is not None else "",
        chips=tuple({each.chip.key: each.chip for each in interpretations}.values()),
        freshness=next((each.freshness for each in interpretations if each.freshness), 0.0),
        text=text,
        words=tuple(words),
        remaining_positions=positions,
        interpretations=tuple(interpretations),
    )


def relaxations(parsed: ParsedQuery) -> Iterator[ParsedQuery]:
    """Yield the query with fewer and fewer requirements: each one relaxed, then several.

    `relaxed_chips` names them. A person becomes a preference, the words of a genre remain.
    """
    aspects = {each.chip.key: each.aspect for each in parsed.interpretations if each.chip.hard}
    keys = sorted(aspects, key=lambda key: aspects[key])
    for key in keys:
        yield without_chips(parsed, {key})
    for count in range(2, len(keys) + 1):
        yield without_chips(parsed, set(keys[:count]))


def without_chips(parsed: ParsedQuery, chip_keys: set[str]) -> ParsedQuery:
    """Return the query without the requirements of these chips."""
    relaxed = [each for each in parsed.interpretations if each.chip.key in chip_keys]
    others = [each for each in parsed.interpretations if each.chip.key not in chip_keys]
    others += [_soften(each) for each in relaxed if each.aspect is Aspect.PERSON]
    restored = [each for each in relaxed if each.aspect is Aspect.GENRE]
    if not others and not parsed.remaining_positions:
        restored = relaxed  # else there would be nothing to find
    positions = {position for each in restored for position in each.positions}
    positions -= {position for each in others for position in each.positions}
    return replace(
        compose(parsed.text, parsed.words, parsed.remaining_positions | positions, others),
        relaxed_chips=tuple({each.chip.key: each.chip for each in relaxed}.values()),
    )


def _soften(interpretation: Interpretation) -> Interpretation:
    return replace(interpretation, chip=replace(interpretation.chip, hard=False), strength=1.0)


def excerpt(text: str, words: Sequence[Word], positions: Iterable[int]) -> str:
    """Return these words as written, neighbours with the characters between them."""
    parts: list[str] = []
    previous = -2
    for position in sorted(positions):
        word = words[position]
        if position == previous + 1 and word.start >= words[previous].end:
            parts.append(text[words[previous].end : word.start])
        elif parts:
            parts.append(" ")
        if previous < 0 or word.start >= words[previous].end:
            parts.append(text[word.start : word.end])
        previous = position
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
    """Return the combined years: "80s and 90s" are twenty, "after" and "before" are bounds."""
    closed = [(part.year_from, part.year_to) for part in filters if part.year_from and part.year_to]
    firsts = [part.year_from for part in filters if part.year_from and part.year_to is None]
    lasts = [part.year_to for part in filters if part.year_to and part.year_from is None]
    if closed:
        firsts.append(min(first for first, _ in closed))
        lasts.append(max(last for _, last in closed))
    return max(firsts, default=None), min(lasts, default=None)


def _person_titles(title_sets: Sequence[frozenset[TitleId]]) -> frozenset[TitleId] | None:
    """Return the titles of all these people together, or of any if there is none."""
    if not title_sets:
        return None
    return frozenset.intersection(*title_sets) or frozenset.union(*title_sets)


def _preferences(interpretations: Sequence[Interpretation]) -> dict[TitleId, float]:
    preferences: dict[TitleId, float] = {}
    for each in interpretations:
        if not each.chip.hard:
            for title_id in each.person_title_ids:
                preferences[title_id] = max(each.strength, preferences.get(title_id, 0.0))
    return preferences
