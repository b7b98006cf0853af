"""What was understood of a query: a filter, preferences, chips, and what is left to find."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

from index.query import Filter, TitleId
from search.names.tokenizer import Word


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
MEANINGFUL = frozenset({Aspect.GENRE, Aspect.PERSON, Aspect.LIKE, Aspect.MOOD, Aspect.AGE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Words of a query read as one thing."""

    chip: Chip
    aspect: Aspect
    words: frozenset[int]  # their places in the query
    narrowing: Filter = field(default_factory=Filter)
    titles: frozenset[TitleId] = frozenset()  # of a person
    strength: float = 0.0  # 0..1: how much a person's titles are preferred when not required
    meaning: str = ""  # of a mood
    said: bool = False  # and the words stay in what is left: "like Eega but funny"
    freshness: float = 0.0  # 1: new ones, -1: old ones
    title: TitleId | None = None  # that the others shall be like


@dataclass(frozen=True, slots=True)
class Understood:
    """A query taken apart; `rest` and `like_text` are in its own words.

    With a `like`, all other words are its `like_text` and there is no rest.
    """

    rest: str
    filter: Filter = field(default_factory=Filter)
    preferred: Mapping[TitleId, float] = field(default_factory=dict)  # 0..1
    mood: str | None = None
    like: TitleId | None = None
    like_text: str = ""
    chips: tuple[Chip, ...] = ()
    freshness: float = 0.0  # a preference: 1 for new titles, -1 for old ones
    dropped: tuple[Chip, ...] = ()  # by a relaxation
    text: str = ""
    words: tuple[Word, ...] = ()
    left: frozenset[int] = frozenset()  # places of the words of `rest` or `like_text`
    readings: tuple[Reading, ...] = ()


def composed(
    text: str, words: Sequence[Word], left: Iterable[int], readings: Sequence[Reading]
) -> Understood:
    """Return what readings of a text come to, the words in `left` being for the search to find."""
    places = frozenset(left)
    said = excerpt(text, words, places)
    like = next((each.title for each in readings if each.title is not None), None)
    hard = [each for each in readings if each.chip.hard]
    return Understood(
        rest="" if like is not None else said,
        filter=_narrowed(hard),
        preferred=_preferred(readings),
        mood=", ".join(each.meaning for each in readings if each.meaning) or None,
        like=like,
        like_text=said if like is not None else "",
        chips=tuple({each.chip.key: each.chip for each in readings}.values()),
        freshness=next((each.freshness for each in readings if each.freshness), 0.0),
        text=text,
        words=tuple(words),
        left=places,
        readings=tuple(readings),
    )


def relaxations(understood: Understood) -> Iterator[Understood]:
    """Yield what was understood with less and less required: one thing given up, then more.

    What is given up is named by `dropped`; of a person and a genre a preference stays.
    """
    hard = sorted(
        {each.chip.key: each.aspect for each in understood.readings if each.chip.hard}.items(),
        key=lambda item: item[1],
    )
    keys = [key for key, _ in hard]
    for key in keys:
        yield without(understood, {key})
    for count in range(2, len(keys) + 1):
        yield without(understood, set(keys[:count]))


def without(understood: Understood, keys: set[str]) -> Understood:
    """Return what was understood, the chips of these keys not required any more."""
    given_up = [each for each in understood.readings if each.chip.key in keys]
    kept = [each for each in understood.readings if each.chip.key not in keys]
    kept += [_softened(each) for each in given_up if each.aspect is Aspect.PERSON]
    meant = [each for each in given_up if each.aspect is Aspect.GENRE]
    if not kept and not understood.left:
        meant = given_up  # or there were nothing to find
    again = {place for each in meant for place in each.words}
    again -= {place for each in kept for place in each.words}
    relaxed = composed(understood.text, understood.words, understood.left | again, kept)
    return replace(relaxed, dropped=tuple({each.chip.key: each.chip for each in given_up}.values()))


def _softened(reading: Reading) -> Reading:
    return replace(reading, chip=replace(reading.chip, hard=False), strength=1.0)


def excerpt(text: str, words: Sequence[Word], places: Iterable[int]) -> str:
    """Return these words as the text has them, with what stands between neighbours."""
    parts: list[str] = []
    before = -2
    for place in sorted(places):
        word = words[place]
        if place == before + 1 and word.start >= words[before].end:
            parts.append(text[words[before].end : word.start])
        elif parts:
            parts.append(" ")
        if before < 0 or word.start >= words[before].end:
            parts.append(text[word.start : word.end])
        before = place
    return "".join(parts).strip()


def _narrowed(hard: Sequence[Reading]) -> Filter:
    parts = [each.narrowing for each in hard]
    genres = [part.genres_any for part in parts if part.genres_any]
    first, last = _years(parts)
    return Filter(
        kinds=frozenset().union(*(part.kinds for part in parts)),
        languages=frozenset().union(*(part.languages for part in parts)),
        genres_any=genres[0] if len(genres) == 1 else frozenset(),
        genres_all=frozenset().union(*genres) if len(genres) > 1 else frozenset(),
        genres_none=frozenset().union(*(part.genres_none for part in parts)),
        year_from=first,
        year_to=last,
        providers=frozenset().union(*(part.providers for part in parts)),
        include=_people([each.titles for each in hard if each.aspect is Aspect.PERSON]),
    )


def _years(parts: Sequence[Filter]) -> tuple[int | None, int | None]:
    """Return the years that are meant: 80s and 90s are twenty, "after" and "before" bounds."""
    closed = [(part.year_from, part.year_to) for part in parts if None not in _ends(part)]
    firsts = [part.year_from for part in parts if part.year_from and part.year_to is None]
    lasts = [part.year_to for part in parts if part.year_to and part.year_from is None]
    if closed:
        firsts.append(min(first for first, _ in closed if first))
        lasts.append(max(last for _, last in closed if last))
    return max(firsts, default=None), min(lasts, default=None)


def _ends(part: Filter) -> tuple[int | None, int | None]:
    return part.year_from, part.year_to


def _people(titles: Sequence[frozenset[TitleId]]) -> frozenset[TitleId] | None:
    """Return the titles of all these people, or where they never met, of any."""
    if not titles:
        return None
    return frozenset.intersection(*titles) or frozenset.union(*titles)


def _preferred(readings: Sequence[Reading]) -> dict[TitleId, float]:
    wanted: dict[TitleId, float] = {}
    for each in readings:
        if not each.chip.hard:
            for title_id in each.titles:
                wanted[title_id] = max(each.strength, wanted.get(title_id, 0.0))
    return wanted
