"""When words of a query are asked for, and when they belong to the plot: a rule for each role."""

from collections.abc import Callable, Iterator, Sequence

from index.query import Filter
from search.parsing import lexicon
from search.parsing.like_requests import FILM_ROLES
from search.parsing.mood_lexicon import MOODS
from search.parsing.parsed_query import Aspect, Reading
from search.parsing.periods import Period
from search.parsing.person_mentions import Certainty, Mention, shown
from search.parsing.phrase_table import SOUTH, Role, has_any
from search.parsing.segment_context import Spot
from search.parsing.segments import SHORT, Item
from vocabulary.kinds import Kind

FEW_PLAIN = 3  # words of a plot beside a genre that is asked for in the plural
LONGEST_WITH_PERSON = 8  # words; in longer texts a name may be a character's
LONGEST_WITH_MOOD = 6  # words


def _each(words: str) -> frozenset[str]:
    return frozenset(words.split())


STRENGTHS = {
    Certainty.DOUBTFUL: 0.3,
    Certainty.PARTIAL: 0.5,
    Certainty.PROBABLE: 0.6,
    Certainty.CERTAIN: 0.8,
}
"""How much the titles of a person are preferred who is not required."""

ON = _each("on in at par pe lo la il mein me alli में पर లో இல் ಅಲ್ಲಿ")
ALONE = _each("aha prime")
SPEAKS = _each("speaks speak speaking learn learns learning teaches teach knows know")
ARTICLES = _each("a an the is")
HAPPENS = _each("during set happens takes place")
MOVIES = frozenset({Kind.MOVIE, Kind.ANIME})  # there are films among anime
HOME = frozenset({*lexicon.SOUTH_LANGUAGES, SOUTH, "hi"})
SETTINGS = (Role.LANGUAGE, Role.GENRE, Role.GENRES, Role.FILM, Role.FILMS, Role.KIND)


def readings_of(spot: Spot) -> Iterator[Reading]:
    """Yield what an item is read as; nothing where it belongs to the plot."""
    item = spot.item
    denial = spot.denial
    if denial is not None:
        yield from _denied(spot, denial)
    elif item.person is not None:
        yield from _person(spot, item.person)
    elif item.period is not None:
        yield from _period(spot, item.period)
    else:
        rule = next((rule for role, rule in RULES if role in item.meanings), None)
        if rule is not None:
            yield from rule(spot)


def _denied(spot: Spot, denial: Item) -> Iterator[Reading]:
    """Yield the genres that are not wanted; nothing else can be excluded."""
    role = next((role for role in GENRE_ROLES if role in spot.item.meanings), None)
    if role is None or not (spot.group.asked or spot.group.short):
        return
    for slug in spot.item.meanings[role].split():
        yield Reading(
            chip=spot.chip(f"no-genre:{slug}", f"Not {genre_label(slug).lower()}", hard=True),
            aspect=Aspect.GENRE,
            words=spot.places | set(range(denial.first, denial.last)),
            narrowing=Filter(genres_none=frozenset({slug})),
        )


def genre_label(slug: str) -> str:
    """Return how a genre is written on a chip."""
    return lexicon.GENRE_LABELS.get(slug) or slug.replace("-", " ").capitalize()


def _language(spot: Spot) -> Iterator[Reading]:
    meant = spot.item.meanings[Role.LANGUAGE]
    if not _of_films(spot, meant):
        return
    codes = lexicon.SOUTH_LANGUAGES if meant == SOUTH else (meant,)
    label = "South Indian" if meant == SOUTH else lexicon.LANGUAGE_LABELS[meant]
    yield Reading(
        chip=spot.chip(f"language:{meant}", label, hard=True),
        aspect=Aspect.LANGUAGE,
        words=spot.places,
        narrowing=Filter(languages=frozenset(codes)),
    )


def _of_films(spot: Spot, language: str) -> bool:
    """Tell whether a language is that of the films, and not of somebody in the plot."""
    group = spot.group
    if spot.after in lexicon.TRANSLATED or spot.before in SPEAKS:
        return False
    if spot.after in lexicon.NOT_OF_FILMS and not (group.films and group.short):
        return group.whole
    if group.asked:
        return True
    # A French widow is somebody; a Tamil robot is more likely a film.
    near = language in HOME or spot.item.last == len(spot.words) or spot.beside(*SETTINGS)
    return group.short and near


def _kind(spot: Spot) -> Iterator[Reading]:
    group = spot.group
    short = group.short and spot.before not in ARTICLES
    if group.whole or short or group.start or (group.end and not spot.alone):
        kind = spot.item.meanings[Role.KIND]
        yield _of_kind(spot, kind, frozenset({Kind(kind)}))


def _films(spot: Spot) -> Iterator[Reading]:
    """Yield that films are wanted where nothing but a list of them is."""
    others = spot.beside(Role.KIND) or any(
        has_any(item.meanings, (Role.FILM, Role.FILMS)) for item in spot.group.items[: spot.place]
    )
    if spot.group.whole and not others and not spot.alone:
        yield _of_kind(spot, "movie", MOVIES)


def _of_kind(spot: Spot, kind: str, kinds: frozenset[Kind]) -> Reading:
    return Reading(
        chip=spot.chip(f"kind:{kind}", lexicon.KIND_LABELS[kind], hard=True),
        aspect=Aspect.KIND,
        words=spot.places,
        narrowing=Filter(kinds=kinds),
    )


def _genre(spot: Spot) -> Iterator[Reading]:
    """Yield the genres of a list that is asked for, else what mood the words have."""
    if not _lists(spot):
        yield from _mood(spot)
        return
    meanings = spot.item.meanings
    slugs = next(meanings[role] for role in GENRE_ROLES if role in meanings)
    for slug in slugs.split():
        yield Reading(
            chip=spot.chip(f"genre:{slug}", genre_label(slug), hard=True),
            aspect=Aspect.GENRE,
            words=spot.places,
            narrowing=Filter(genres_any=frozenset({slug})),
        )


GENRE_ROLES = (Role.GENRES, Role.GENRE, Role.FILM_GENRE)


def _lists(spot: Spot) -> bool:
    """Tell whether a genre is asked for: nothing else is said, or films of it in the plural."""
    group, meanings = spot.group, spot.item.meanings
    if _historical(spot.item) and any(_a_year(item) for item in group.items):
        return False  # "1971 war movie" tells when the war was
    alone = has_any(meanings, (Role.GENRES, Role.GENRE))
    if not alone and not spot.followed_by(*FILM_ROLES, Role.GENRE):
        return False
    if group.whole:
        return True
    plural = group.has(Role.FILMS, Role.GENRES)
    return plural and group.edge and group.plain <= FEW_PLAIN


def _mood(spot: Spot) -> Iterator[Reading]:
    mood = spot.item.meanings.get(Role.MOOD)
    group = spot.group
    near = group.edge and group.content <= LONGEST_WITH_MOOD
    if mood is None or not (group.asked or group.short or near):
        return
    yield Reading(
        chip=spot.chip(f"mood:{mood}", MOODS[mood].label, hard=False),
        aspect=Aspect.MOOD,
        words=spot.places,
        said=spot.beside(Role.BUT),
        meaning=MOODS[mood].meaning,
    )


def _age(spot: Spot) -> Iterator[Reading]:
    group = spot.group
    if spot.beside(*SETTINGS) and (group.asked or group.short):
        age = spot.item.meanings[Role.AGE]
        yield Reading(
            chip=spot.chip(f"age:{age}", age.capitalize(), hard=False),
            aspect=Aspect.AGE,
            words=spot.places,
            freshness=1.0 if age == "new" else -1.0,
        )


def _provider(spot: Spot) -> Iterator[Reading]:
    meanings, group = spot.item.meanings, spot.group
    if Role.PROVIDER in meanings:
        on = spot.before in ON or spot.after in ON
        asked = group.asked or (on and group.edge)
    else:
        named_alone = spot.words[spot.item.first].folded in ALONE and group.whole and group.film
        asked = named_alone or (spot.before == "on" and group.edge)
    if not asked:
        return
    provider = meanings.get(Role.PROVIDER) or meanings[Role.PROVIDER_AFTER_ON]
    slugs = lexicon.PROVIDER_SLUGS.get(provider, (provider,))
    yield Reading(
        chip=spot.chip(f"provider:{provider}", lexicon.PROVIDER_LABELS[provider], hard=True),
        aspect=Aspect.PROVIDER,
        words=spot.places,
        narrowing=Filter(providers=frozenset(slugs)),
    )


def _period(spot: Spot, period: Period) -> Iterator[Reading]:
    group = spot.group
    if spot.told_before in HAPPENS or not (group.asked or group.short):
        return
    if _a_year(spot.item):
        if spot.alone and not (group.whole or group.named):
            return
        if any(_historical(item) for item in group.items):
            return
    elif spot.alone and not group.whole and not _decade(period):
        return
    yield Reading(
        chip=spot.chip(period.key, period.label, hard=True),
        aspect=Aspect.PERIOD,
        words=spot.places,
        narrowing=Filter(year_from=period.first, year_to=period.last),
    )


def _a_year(item: Item) -> bool:
    when = item.period
    return when is not None and when.first is not None and when.first == when.last


def _decade(period: Period) -> bool:
    return period.key.startswith("decade:")


def _historical(item: Item) -> bool:
    return any(
        slug in lexicon.HISTORICAL
        for role in GENRE_ROLES
        for slug in item.meanings.get(role, "").split()
    )


def _person(spot: Spot, person: Mention) -> Iterator[Reading]:
    hard = _required(spot, person)
    if not hard and not _preferred(spot, person):
        return
    yield Reading(
        chip=spot.chip(f"person:{person.name}", shown(person.name), hard=hard),
        aspect=Aspect.PERSON,
        words=spot.places,
        titles=person.titles,
        strength=STRENGTHS[person.certainty],
    )


def _required(spot: Spot, person: Mention) -> bool:
    group = spot.group
    credited = spot.before in lexicon.CREDITS or spot.after in lexicon.CREDITS
    sure = person.certainty >= Certainty.PROBABLE or person.known
    if credited and sure and group.content <= LONGEST_WITH_PERSON:
        return True
    if person.certainty is Certainty.CERTAIN:
        return group.asked or group.content <= (LONGEST_WITH_PERSON if person.known else SHORT)
    if person.certainty is Certainty.PROBABLE:
        return group.asked or group.short
    if person.title and not group.has(Role.FILMS, Role.GENRES, Role.GENRE):
        return False  # "vikram movie" may be the film Vikram
    return group.whole and (spot.beside(*SETTINGS) or any(map(_sure, group.items)))


def _sure(item: Item) -> bool:
    person = item.person
    return item.period is not None or (
        person is not None and person.certainty >= Certainty.PROBABLE
    )


def _preferred(spot: Spot, person: Mention) -> bool:
    group = spot.group
    if person.certainty is Certainty.CERTAIN:
        return True
    if group.short:
        return person.certainty is not Certainty.PARTIAL or group.whole or not spot.item.first
    if spot.item.first or person.certainty is Certainty.PARTIAL:
        return False
    probable = person.certainty is Certainty.PROBABLE
    return group.content <= (LONGEST_WITH_PERSON if probable else LONGEST_WITH_MOOD)


RULES: Sequence[tuple[Role, Callable[[Spot], Iterator[Reading]]]] = (
    (Role.PLAIN, lambda _: iter(())),
    (Role.LANGUAGE, _language),
    (Role.KIND, _kind),
    (Role.PROVIDER, _provider),
    (Role.PROVIDER_AFTER_ON, _provider),
    (Role.AGE, _age),
    (Role.FILMS, _films),
    (Role.FILM, _films),
    (Role.GENRES, _genre),
    (Role.GENRE, _genre),
    (Role.MOOD, _mood),
    (Role.FILM_GENRE, _genre),
)
"""The first role that words can play decides, so "scary movies" is a mood and "horror" a genre."""
