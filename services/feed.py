"""A personal feed, from what the process holds and what is known of the person."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import numpy as np

from api.schemas.titles import Feed, HitShown
from catalog import franchises, genres, languages, regions
from db.title_summaries import TitleSummary
from index.query import Filter, Matrix, Region, TitleId, Vector, VectorMissing
from recommend import feed_plan, moods, ranking, reasons
from recommend.explanations import Liked, Why, liked_ids, why
from recommend.feed_plan import Asking, Mood, Plan
from recommend.moods import Rasa
from recommend.ranking import About, Item
from recommend.reasons import Reason
from runtime.catalogue_view import Live
from runtime.title_features import features
from services import title_cards
from viewers.context import Person
from vocabulary.kinds import Space
from vocabulary.name_folding import fold

SEED_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked of a feed."""

    region: Region
    wanted: Filter
    limit: int
    now: datetime
    told_in: str = reasons.ENGLISH  # the language of the reasons
    mood: Mood | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """A feed before it is shown: who asked for it, its plan, and its places."""

    asking: Asking
    plan: Plan
    items: Sequence[Item]


def excluding(wanted: Filter, ids: Sequence[TitleId]) -> Filter:
    """Return a filter that leaves out what a client has shown already."""
    return replace(wanted, exclude=wanted.exclude.union(ids))


def serve(live: Live, person: Person, wish: Wish) -> Served:
    """Return a person's feed."""
    asking = asked(live, person, wish)
    plan = feed_plan.plan(asking)
    found = live.index.search_many([ask.query for ask in plan.asks])
    known = partial(about, live)
    items = ranking.ranked(asking, plan, found, about=known, vectors=partial(vectors, live))
    if len(items) < asking.k:
        more = feed_plan.filling(asking, (item.hit.title_id for item in items))
        left = live.index.search(more.query)
        items += ranking.filled(asking, more, left, about=known)[: asking.k - len(items)]
    return Served(asking, plan, items)


def asked(live: Live, person: Person, wish: Wish) -> Asking:
    """Return what ranking is told of a person and his wish."""
    place = regions.known_region(wish.region)
    loved = [live.listings.get(title_id) for title_id in liked_ids(person.standings)]
    now = wish.now.astimezone(regions.time_zone(wish.region))
    return Asking(
        taste=person.taste,
        standings=person.standings,
        known=person.known,
        preferences=person.preferences,
        region=place,
        watched=regions.language_weights(place),
        every_language=every_language(live),
        wanted=person.admits.narrowed(wish.wanted),
        now=now,
        seed=_seed(person, now),
        k=wish.limit,
        mood=wish.mood,
        picked_only=person.picked_only,
        loved_genres=_each(listing.genres[0] for listing in loved if listing and listing.genres),
        loved_languages=_each(
            listing.language for listing in loved if listing and listing.language
        ),
        works=lambda name: works(live, name),
        dubbed=lambda code: dubbed(live).get(code, frozenset()),
    )


def shown(live: Live, served: Served, wish: Wish) -> Feed:
    """Return a feed as the contract shows it, each title with its reason."""
    ids = liked_ids(served.asking.standings)
    liked = Liked(ids, vectors(live, ids))
    own = vectors(live, [item.hit.title_id for item in served.items])
    items = []
    for item, vector in zip(served.items, own, strict=True):
        listing, known = live.listings.get(item.hit.title_id), about(live, item.hit.title_id)
        if listing is not None and known is not None:  # else it went while we ranked
            reason = why(item, known, served.asking, liked, vector)
            items.append(_hit(listing, item, worded(live, reason, wish)))
    mood = wish.mood
    return Feed(
        items=items,
        total=None,
        limit=wish.limit,
        offset=0,
        ladder=list(served.plan.rungs),
        region=wish.region,
        mood=mood.rasa if mood else None,
    )


def worded(live: Live, reason: Why, wish: Wish) -> Reason:
    """Return a reason in words."""
    told_in, code, name = wish.told_in, reason.code, reason.name
    if reason.title_id is not None:
        title = called(live, reason.title_id, told_in)
        return reasons.because(code, told_in, title_id=reason.title_id, title=title)
    match code:
        case "trending_language" | "popular_language" | "leaning_language":
            return reasons.because(code, told_in, language=_language(name, told_in))
        case "popular_genre" | "leaning_genre":
            return reasons.because(code, told_in, genre=genres.label(name, in_language=told_in))
        case "different_language":
            return reasons.because("different", told_in, what=_language(name, told_in))
        case "different_genre":
            what = genres.label(name, in_language=told_in)
            return reasons.because("different", told_in, what=what)
        case "trending_region" | "loved_in" | "regional":
            return reasons.because(
                code, told_in, place=regions.region_name(wish.region, in_language=told_in)
            )
        case "more_from":
            return reasons.because(code, told_in, person=name)
        case "mood":
            return reasons.because(code, told_in, rasa=moods.name(Rasa(name), told_in))
    return reasons.because(code, told_in)


def similar(live: Live, title_id: TitleId, told_in: str) -> Reason:
    """Return the reason of what is like a title."""
    name = called(live, title_id, told_in)
    return reasons.because_similar(title_id, name, language=told_in)


def called(live: Live, title_id: TitleId, told_in: str) -> str:
    """Return the name of a title: the original one in its own language, else the English one."""
    listing = live.listings.get(title_id)
    if listing is None:
        return "…"
    own = listing.original_title if listing.language == told_in else None
    return own or listing.title


def about(live: Live, title_id: TitleId) -> About | None:
    """Return what ranking knows of a title, worked out once for each state of the catalogue."""
    listing = live.listings.get(title_id)
    if listing is None:
        return None
    return live.remembered_titles.get(title_id, lambda: _about(listing))


def vectors(live: Live, ids: Sequence[TitleId]) -> Matrix:
    """Return content vectors (n, d), zero where one is missing."""
    try:
        return live.index.vectors(ids, Space.CONTENT)
    except VectorMissing:
        rows = [_vector(live, title_id) for title_id in ids]
    dimensions = max((len(row) for row in rows if row is not None), default=1)
    nothing = np.zeros(dimensions, np.float32)
    return np.stack([nothing if row is None else row for row in rows])


def works(live: Live, name: str) -> frozenset[TitleId]:
    """Return the titles of a person."""
    person = live.vocabulary.person(fold(name))
    return person.titles if person else frozenset()


def dubbed(live: Live) -> Mapping[str, frozenset[TitleId]]:
    """Return, by their own language, the titles that are of others too."""
    return live.remembered.get("dubbed", lambda: _dubbed(live.listings.values()))


def every_language(live: Live) -> frozenset[str]:
    """Return the languages that titles are made in."""
    return live.remembered.get(
        "languages",
        lambda: frozenset(code for each in live.listings.values() for code in each.languages),
    )


def _each(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _dubbed(listings: Iterable[TitleSummary]) -> Mapping[str, frozenset[TitleId]]:
    found = defaultdict[str, set[TitleId]](set)
    for listing in listings:
        if listing.language and len(listing.languages) > 1:
            found[listing.language].add(listing.id)
    return {code: frozenset(ids) for code, ids in found.items()}


def _about(listing: TitleSummary) -> About:
    return About(
        title_id=listing.id,
        language=listing.language or "",
        genres=listing.genres,
        directors=listing.directors,
        franchise=franchises.franchise_key(listing.title),
        traits=features(listing).traits(),
    )


def _vector(live: Live, title_id: TitleId) -> Vector | None:
    try:
        vector: Vector = live.index.vectors([title_id], Space.CONTENT)[0]
    except VectorMissing:
        return None
    return vector


def _language(code: str, told_in: str) -> str:
    return languages.language_name(code, inside=told_in)


def _seed(person: Person, now: datetime) -> int:
    """Return what a person's exploring is drawn from today, where he is."""
    whose = f"{person.id}:{now.date().isoformat()}".encode()
    return int.from_bytes(hashlib.blake2b(whose, digest_size=SEED_BYTES).digest())


def _hit(listing: TitleSummary, item: Item, reason: Reason) -> HitShown:
    terms = replace(
        title_cards.terms(item.hit),
        preference=item.further.preference,
        leaning=item.further.leaning,
        mood=item.further.mood,
        context=item.further.context,
    )
    plain = title_cards.hit(listing, score=item.score, terms=terms, reason=reason)
    return replace(plain, slot=item.ask.slot, source=item.ask.source)
