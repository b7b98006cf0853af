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
from recommend.explanations import Explanation, LikedTitles, explain, liked_title_ids
from recommend.feed_plan import FeedContext, FeedPlan, MoodTarget
from recommend.moods import Rasa
from recommend.ranking import FeedItem, RankingFeatures
from recommend.reasons import Reason
from runtime.catalogue_view import Live
from runtime.title_features import features
from services import title_cards
from viewers.context import ViewerContext
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
    mood: MoodTarget | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """A feed before it is shown: who asked for it, its plan, and its places."""

    asking: FeedContext
    plan: FeedPlan
    items: Sequence[FeedItem]


def excluding(wanted: Filter, ids: Sequence[TitleId]) -> Filter:
    """Return a filter that leaves out what a client has shown already."""
    return replace(wanted, exclude=wanted.exclude.union(ids))


def serve(live: Live, person: ViewerContext, wish: Wish) -> Served:
    """Return a person's feed."""
    asking = asked(live, person, wish)
    plan = feed_plan.plan_feed(asking)
    found = live.index.search_many([ask.query for ask in plan.candidate_queries])
    known = partial(about, live)
    items = ranking.rank_feed(
        asking, plan, found, features_of=known, vectors=partial(vectors, live)
    )
    if len(items) < asking.k:
        more = feed_plan.backfill_query(asking, (item.hit.title_id for item in items))
        left = live.index.search(more.query)
        items += ranking.backfill_items(asking, more, left, features_of=known)[
            : asking.k - len(items)
        ]
    return Served(asking, plan, items)


def asked(live: Live, person: ViewerContext, wish: Wish) -> FeedContext:
    """Return what ranking is told of a person and his wish."""
    place = regions.known_region(wish.region)
    loved = [live.listings.get(title_id) for title_id in liked_title_ids(person.title_states)]
    now = wish.now.astimezone(regions.time_zone(wish.region))
    return FeedContext(
        taste=person.taste,
        title_states=person.title_states,
        known_ids=person.known_ids,
        preferences=person.preferences,
        region=place,
        region_languages=regions.language_weights(place),
        catalogue_languages=every_language(live),
        base_filter=person.age_limit.restrict(wish.wanted),
        now=now,
        seed=_seed(person, now),
        k=wish.limit,
        mood=wish.mood,
        picks_only=person.picks_only,
        liked_genres=_each(listing.genres[0] for listing in loved if listing and listing.genres),
        liked_languages=_each(
            listing.language for listing in loved if listing and listing.language
        ),
        titles_by_person=lambda name: works(live, name),
        titles_dubbed_from=lambda code: dubbed(live).get(code, frozenset()),
    )


def shown(live: Live, served: Served, wish: Wish) -> Feed:
    """Return a feed as the contract shows it, each title with its reason."""
    ids = liked_title_ids(served.asking.title_states)
    liked = LikedTitles(ids, vectors(live, ids))
    own = vectors(live, [item.hit.title_id for item in served.items])
    items = []
    for item, vector in zip(served.items, own, strict=True):
        listing, known = live.listings.get(item.hit.title_id), about(live, item.hit.title_id)
        if listing is not None and known is not None:  # else it went while we ranked
            reason = explain(item, known, served.asking, liked, vector)
            items.append(_hit(listing, item, worded(live, reason, wish)))
    mood = wish.mood
    return Feed(
        items=items,
        total=None,
        limit=wish.limit,
        offset=0,
        ladder=list(served.plan.fallbacks),
        region=wish.region,
        mood=mood.rasa if mood else None,
    )


def worded(live: Live, reason: Explanation, wish: Wish) -> Reason:
    """Return a reason in words."""
    told_in, code, name = wish.told_in, reason.code, reason.name
    if reason.title_id is not None:
        title = called(live, reason.title_id, told_in)
        return reasons.make_reason(code, told_in, title_id=reason.title_id, title=title)
    match code:
        case "trending_language" | "popular_language" | "leaning_language":
            return reasons.make_reason(code, told_in, language=_language(name, told_in))
        case "popular_genre" | "leaning_genre":
            return reasons.make_reason(code, told_in, genre=genres.label(name, in_language=told_in))
        case "different_language":
            return reasons.make_reason("different", told_in, what=_language(name, told_in))
        case "different_genre":
            what = genres.label(name, in_language=told_in)
            return reasons.make_reason("different", told_in, what=what)
        case "trending_region" | "loved_in" | "regional":
            return reasons.make_reason(
                code, told_in, place=regions.region_name(wish.region, in_language=told_in)
            )
        case "more_from":
            return reasons.make_reason(code, told_in, person=name)
        case "mood":
            return reasons.make_reason(code, told_in, rasa=moods.mood_name(Rasa(name), told_in))
    return reasons.make_reason(code, told_in)


def similar(live: Live, title_id: TitleId, told_in: str) -> Reason:
    """Return the reason of what is like a title."""
    name = called(live, title_id, told_in)
    return reasons.similarity_reason(title_id, name, language=told_in)


def called(live: Live, title_id: TitleId, told_in: str) -> str:
    """Return the name of a title: the original one in its own language, else the English one."""
    listing = live.listings.get(title_id)
    if listing is None:
        return "…"
    own = listing.original_title if listing.language == told_in else None
    return own or listing.title


def about(live: Live, title_id: TitleId) -> RankingFeatures | None:
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


def _about(listing: TitleSummary) -> RankingFeatures:
    return RankingFeatures(
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


def _seed(person: ViewerContext, now: datetime) -> int:
    """Return what a person's exploring is drawn from today, where he is."""
    whose = f"{person.id}:{now.date().isoformat()}".encode()
    return int.from_bytes(hashlib.blake2b(whose, digest_size=SEED_BYTES).digest())


def _hit(listing: TitleSummary, item: FeedItem, reason: Reason) -> HitShown:
    terms = replace(
        title_cards.terms(item.hit),
        preference=item.personal_terms.preference,
        leaning=item.personal_terms.leaning,
        mood=item.personal_terms.mood,
        context=item.personal_terms.context,
    )
    plain = title_cards.hit(listing, score=item.score, terms=terms, reason=reason)
    return replace(plain, slot=item.candidate_query.slot, source=item.candidate_query.source)
