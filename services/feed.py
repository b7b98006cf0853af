"""A personal feed, from what the process holds and what is known of the person."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import numpy as np

from api.schemas.feed import FeedResponse
from catalog import franchises, genres, languages, regions
from index.query import Filter, VectorMissing
from recommend import feed_plan, moods, ranking, reasons
from recommend.explanations import Explanation, LikedTitles, explain, liked_title_ids
from recommend.feed_context import FeedContext
from recommend.feed_plan import FeedPlan
from recommend.moods import MoodTarget, Rasa
from recommend.ranking import FeedItem, RankingFeatures
from recommend.reasons import Reason
from runtime.catalogue_view import CatalogueView
from runtime.title_features import taste_features
from services import title_cards
from services.title_cards import TitleCard
from viewers.context import ViewerContext
from vocabulary.arrays import Matrix, Vector
from vocabulary.ids import Region, TitleId
from vocabulary.kinds import Space
from vocabulary.name_folding import fold
from vocabulary.title_summary import TitleSummary

SEED_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRequest:
    """What is asked of a feed."""

    region: Region
    filter: Filter
    limit: int
    now: datetime
    reason_language: str = reasons.ENGLISH  # the language of the reasons
    mood: MoodTarget | None = None


@dataclass(frozen=True, slots=True)
class FeedResult:
    """A feed before it is shown: who asked for it, its plan, and its places."""

    context: FeedContext
    plan: FeedPlan
    items: Sequence[FeedItem]


def exclude_titles(filter: Filter, ids: Sequence[TitleId]) -> Filter:
    """Return a filter that leaves out what a client has shown already."""
    return replace(filter, exclude=filter.exclude.union(ids))


def build_feed(catalogue: CatalogueView, viewer: ViewerContext, request: FeedRequest) -> FeedResult:
    """Return a person's feed."""
    asking = feed_context(catalogue, viewer, request)
    plan = feed_plan.plan_feed(asking)
    found = catalogue.index.search_many([ask.query for ask in plan.candidate_queries])
    known = partial(ranking_attributes, catalogue)
    items = ranking.rank_feed(
        asking, plan, found, features_of=known, vectors=partial(content_vectors, catalogue)
    )
    if len(items) < asking.k:
        more = feed_plan.backfill_query(asking, (item.hit.title_id for item in items))
        left = catalogue.index.search(more.query)
        items += ranking.backfill_items(asking, more, left, features_of=known)[
            : asking.k - len(items)
        ]
    return FeedResult(asking, plan, items)


def feed_context(
    catalogue: CatalogueView, viewer: ViewerContext, request: FeedRequest
) -> FeedContext:
    """Return what ranking is told of a person and his wish."""
    place = regions.known_region(request.region)
    loved = [catalogue.titles.get(title_id) for title_id in liked_title_ids(viewer.title_states)]
    now = request.now.astimezone(regions.time_zone(request.region))
    return FeedContext(
        taste=viewer.taste,
        title_states=viewer.title_states,
        known_ids=viewer.known_ids,
        preferences=viewer.preferences,
        region=place,
        region_languages=regions.language_weights(place),
        catalogue_languages=catalogue_languages(catalogue),
        base_filter=viewer.age_limit.restrict(request.filter),
        now=now,
        seed=_exploration_seed(viewer, now),
        k=request.limit,
        mood=request.mood,
        picks_only=viewer.picks_only,
        liked_genres=_unique(listing.genres[0] for listing in loved if listing and listing.genres),
        liked_languages=_unique(
            listing.language for listing in loved if listing and listing.language
        ),
        titles_by_person=lambda name: titles_by_person(catalogue, name),
        titles_dubbed_from=lambda code: dubbed_titles_by_language(catalogue).get(code, frozenset()),
    )


def to_response(catalogue: CatalogueView, result: FeedResult, request: FeedRequest) -> FeedResponse:
    """Return a feed as the contract shows it, each title with its reason."""
    ids = liked_title_ids(result.context.title_states)
    liked = LikedTitles(ids, content_vectors(catalogue, ids))
    own = content_vectors(catalogue, [item.hit.title_id for item in result.items])
    items = []
    for item, vector in zip(result.items, own, strict=True):
        listing, known = (
            catalogue.titles.get(item.hit.title_id),
            ranking_attributes(catalogue, item.hit.title_id),
        )
        if listing is not None and known is not None:  # else it went while we ranked
            reason = explain(item, known, result.context, liked, vector)
            items.append(_feed_card(listing, item, localized_reason(catalogue, reason, request)))
    mood = request.mood
    return FeedResponse(
        items=items,
        total=None,
        limit=request.limit,
        offset=0,
        ladder=list(result.plan.fallbacks),
        region=request.region,
        mood=mood.rasa if mood else None,
    )


def localized_reason(catalogue: CatalogueView, reason: Explanation, request: FeedRequest) -> Reason:
    """Return a reason in words."""
    told_in, code, name = request.reason_language, reason.code, reason.name
    if reason.title_id is not None:
        title = display_title(catalogue, reason.title_id, told_in)
        return reasons.make_reason(code, told_in, title_id=reason.title_id, title=title)
    match code:
        case "trending_language" | "popular_language" | "leaning_language":
            return reasons.make_reason(code, told_in, language=_language_name(name, told_in))
        case "popular_genre" | "leaning_genre":
            return reasons.make_reason(code, told_in, genre=genres.label(name, in_language=told_in))
        case "different_language":
            return reasons.make_reason("different", told_in, what=_language_name(name, told_in))
        case "different_genre":
            what = genres.label(name, in_language=told_in)
            return reasons.make_reason("different", told_in, what=what)
        case "trending_region" | "loved_in" | "regional":
            return reasons.make_reason(
                code, told_in, place=regions.region_name(request.region, in_language=told_in)
            )
        case "more_from":
            return reasons.make_reason(code, told_in, person=name)
        case "mood":
            return reasons.make_reason(code, told_in, rasa=moods.mood_name(Rasa(name), told_in))
    return reasons.make_reason(code, told_in)


def similarity_reason(catalogue: CatalogueView, title_id: TitleId, language: str) -> Reason:
    """Return the reason of what is like a title."""
    name = display_title(catalogue, title_id, language)
    return reasons.similarity_reason(title_id, name, language=language)


def display_title(catalogue: CatalogueView, title_id: TitleId, language: str) -> str:
    """Return the name of a title: the original one in its own language, else the English one."""
    listing = catalogue.titles.get(title_id)
    if listing is None:
        return "…"
    own = listing.original_title if listing.language == language else None
    return own or listing.title


def ranking_attributes(catalogue: CatalogueView, title_id: TitleId) -> RankingFeatures | None:
    """Return what ranking knows of a title, worked out once for each state of the catalogue."""
    listing = catalogue.titles.get(title_id)
    if listing is None:
        return None
    return catalogue.title_cache.get_or_compute(title_id, lambda: _attributes_of(listing))


def content_vectors(catalogue: CatalogueView, ids: Sequence[TitleId]) -> Matrix:
    """Return content vectors (n, d), zero where one is missing."""
    try:
        return catalogue.index.vectors(ids, Space.CONTENT)
    except VectorMissing:
        rows = [_content_vector(catalogue, title_id) for title_id in ids]
    dimensions = max((len(row) for row in rows if row is not None), default=1)
    nothing = np.zeros(dimensions, np.float32)
    return np.stack([nothing if row is None else row for row in rows])


def titles_by_person(catalogue: CatalogueView, name: str) -> frozenset[TitleId]:
    """Return the titles of a person."""
    person = catalogue.entity_dictionary.find_person(fold(name))
    return person.title_ids if person else frozenset()


def dubbed_titles_by_language(catalogue: CatalogueView) -> Mapping[str, frozenset[TitleId]]:
    """Return, by their own language, the titles that are of others too."""
    return catalogue.result_cache.get_or_compute(
        "dubbed", lambda: _find_dubbed_titles(catalogue.titles.values())
    )


def catalogue_languages(catalogue: CatalogueView) -> frozenset[str]:
    """Return the languages that titles are made in."""
    return catalogue.result_cache.get_or_compute(
        "languages",
        lambda: frozenset(code for each in catalogue.titles.values() for code in each.languages),
    )


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _find_dubbed_titles(listings: Iterable[TitleSummary]) -> Mapping[str, frozenset[TitleId]]:
    found = defaultdict[str, set[TitleId]](set)
    for listing in listings:
        if listing.language and len(listing.languages) > 1:
            found[listing.language].add(listing.id)
    return {code: frozenset(ids) for code, ids in found.items()}


def _attributes_of(listing: TitleSummary) -> RankingFeatures:
    return RankingFeatures(
        title_id=listing.id,
        language=listing.language or "",
        genres=listing.genres,
        directors=listing.directors,
        franchise=franchises.franchise_key(listing.title),
        traits=taste_features(listing).traits(),
    )


def _content_vector(catalogue: CatalogueView, title_id: TitleId) -> Vector | None:
    try:
        vector: Vector = catalogue.index.vectors([title_id], Space.CONTENT)[0]
    except VectorMissing:
        return None
    return vector


def _language_name(code: str, inside: str) -> str:
    return languages.language_name(code, in_language=inside)


def _exploration_seed(viewer: ViewerContext, now: datetime) -> int:
    """Return what a person's exploring is drawn from today, where he is."""
    whose = f"{viewer.id}:{now.date().isoformat()}".encode()
    return int.from_bytes(hashlib.blake2b(whose, digest_size=SEED_BYTES).digest())


def _feed_card(listing: TitleSummary, item: FeedItem, reason: Reason) -> TitleCard:
    terms = replace(
        title_cards.score_terms(item.hit),
        preference=item.personal_terms.preference,
        leaning=item.personal_terms.leaning,
        mood=item.personal_terms.mood,
        context=item.personal_terms.context,
    )
    plain = title_cards.title_card(listing, score=item.score, terms=terms, reason=reason)
    return replace(plain, slot=item.candidate_query.slot, source=item.candidate_query.source)
