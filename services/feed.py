"""The personal feed, from the catalogue in memory and a viewer's context."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from catalog import regions
from index.query import Filter
from recommend import feed_plan, ranking, reasons
from recommend.explanations import LikedTitles, explain, liked_title_ids
from recommend.feed_context import FeedContext
from recommend.feed_plan import FeedPlan
from recommend.moods import MoodTarget
from recommend.ranking import FeedItem
from recommend.reasons import Reason
from runtime.catalogue_view import CatalogueView
from services import title_cards
from services.feed_reasons import localized_reason
from services.title_attributes import (
    catalogue_languages,
    content_vectors,
    dubbed_titles_by_language,
    ranking_attributes,
    titles_by_person,
)
from services.title_cards import TitleCard
from viewers.context import ViewerContext
from vocabulary.ids import Region, TitleId
from vocabulary.title_summary import TitleSummary

SEED_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRequest:
    """A request for a feed."""

    region: Region
    filter: Filter
    limit: int
    now: datetime
    reason_language: str = reasons.ENGLISH
    mood: MoodTarget | None = None


@dataclass(frozen=True, slots=True)
class FeedResult:
    """A ranked feed with the context and plan that it came from."""

    context: FeedContext
    plan: FeedPlan
    items: Sequence[FeedItem]


def exclude_titles(filter: Filter, ids: Sequence[TitleId]) -> Filter:
    """Return a filter without the titles that a client already shows."""
    return replace(filter, exclude=filter.exclude.union(ids))


def build_feed(catalogue: CatalogueView, viewer: ViewerContext, request: FeedRequest) -> FeedResult:
    """Return a viewer's feed."""
    context = feed_context(catalogue, viewer, request)
    plan = feed_plan.plan_feed(context)
    hits = catalogue.index.search_many([each.query for each in plan.candidate_queries])
    features_of = partial(ranking_attributes, catalogue)
    items = ranking.rank_feed(
        context, plan, hits, features_of=features_of, vectors=partial(content_vectors, catalogue)
    )
    missing = context.k - len(items)
    if missing > 0:
        backfill = feed_plan.backfill_query(context, (item.hit.title_id for item in items))
        more_hits = catalogue.index.search(backfill.query)
        items += ranking.backfill_items(context, backfill, more_hits, features_of=features_of)[
            :missing
        ]
    return FeedResult(context, plan, items)


def feed_context(
    catalogue: CatalogueView, viewer: ViewerContext, request: FeedRequest
) -> FeedContext:
    """Return what ranking needs to know of the viewer and the request."""
    region = regions.known_region(request.region)
    liked = [catalogue.titles.get(title_id) for title_id in liked_title_ids(viewer.title_states)]
    now = request.now.astimezone(regions.time_zone(request.region))
    return FeedContext(
        taste=viewer.taste,
        title_states=viewer.title_states,
        known_ids=viewer.known_ids,
        preferences=viewer.preferences,
        region=region,
        region_languages=regions.language_weights(region),
        catalogue_languages=catalogue_languages(catalogue),
        base_filter=viewer.age_limit.restrict(request.filter),
        now=now,
        seed=_exploration_seed(viewer, now),
        k=request.limit,
        mood=request.mood,
        picks_only=viewer.picks_only,
        liked_genres=_unique(each.genres[0] for each in liked if each and each.genres),
        liked_languages=_unique(each.language for each in liked if each and each.language),
        titles_by_person=lambda name: titles_by_person(catalogue, name),
        titles_dubbed_from=lambda code: dubbed_titles_by_language(catalogue).get(code, frozenset()),
    )


def feed_cards(
    catalogue: CatalogueView, result: FeedResult, request: FeedRequest
) -> list[TitleCard]:
    """Return the titles of a feed, each with its reason."""
    liked_ids = liked_title_ids(result.context.title_states)
    liked = LikedTitles(liked_ids, content_vectors(catalogue, liked_ids))
    vectors = content_vectors(catalogue, [item.hit.title_id for item in result.items])
    cards = []
    for item, vector in zip(result.items, vectors, strict=True):
        listing = catalogue.titles.get(item.hit.title_id)
        features = ranking_attributes(catalogue, item.hit.title_id)
        if listing is not None and features is not None:  # removed while the feed was ranked
            explanation = explain(item, features, result.context, liked, vector)
            reason = localized_reason(
                catalogue, explanation, region=request.region, language=request.reason_language
            )
            cards.append(_feed_card(listing, item, reason))
    return cards


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _exploration_seed(viewer: ViewerContext, now: datetime) -> int:
    """Return the seed of a viewer's exploration, which changes every local day."""
    key = f"{viewer.id}:{now.date().isoformat()}".encode()
    return int.from_bytes(hashlib.blake2b(key, digest_size=SEED_BYTES).digest())


def _feed_card(listing: TitleSummary, item: FeedItem, reason: Reason) -> TitleCard:
    terms = replace(
        title_cards.score_terms(item.hit),
        preference=item.personal_terms.preference,
        leaning=item.personal_terms.leaning,
        mood=item.personal_terms.mood,
        context=item.personal_terms.context,
    )
    card = title_cards.title_card(listing, score=item.score, terms=terms, reason=reason)
    return replace(card, slot=item.candidate_query.slot, source=item.candidate_query.source)
