"""The homepage: for anybody of a region the same, for somebody his own rows before them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from api.schemas.homepage import HomepageResponse, HomepageRowResponse
from catalog import genres, languages, regions
from index.query import Filter, Hit, VectorMissing
from recommend import reasons
from recommend.explanations import liked_title_ids, reaction_code
from recommend.homepage import Anchor, RowPlan, fill_rows, homepage_rows, personal_rows
from recommend.reasons import Reason
from recommend.taste_update import MIN_SAME_INTEREST_COSINE
from recommend.title_state import opinion_score
from runtime.catalogue_view import CatalogueView
from services import feed, title_cards
from services.feed import FeedRequest
from services.title_cards import TitleCard
from viewers.context import ANONYMOUS_CONTEXT, ViewerContext
from vocabulary.ids import Region, TitleId
from vocabulary.kinds import Space

MIN_ANCHOR_OPINION = 0.5  # opinion; who only wants to watch something has not said that he likes it
MAX_ANCHOR_ROWS = 2  # rows of what is like a title; more and the page is about the past
FOR_YOU_TITLE, CONTINUE_TITLE, WATCHLIST_TITLE = "For you", "Continue watching", "Your watchlist"
OWN_LANGUAGES_TITLE = "In your languages"
MAX_ROW_TITLES = 18  # titles: three screens of a phone, one and a half of a desk
HOME_GENRES = (
    "thriller",
    "romance",
    "comedy",
    "action",
    "family",
    "horror",
    "fantasy",
    "science-fiction",
    "crime",
    "history",
)
HOME_LANGUAGE_LABELS = {code: languages.language_name(code) for code in languages.HOME_LANGUAGES}
HOME_GENRE_LABELS = {slug: genres.label(slug) for slug in HOME_GENRES}


def build_homepage(
    catalogue: CatalogueView,
    *,
    region: Region,
    language: str | None,
    viewer: ViewerContext = ANONYMOUS_CONTEXT,
    feed_request: FeedRequest | None = None,
) -> HomepageResponse:
    """Return the rows of the homepage, every title at most once.

    Without a wish, or for who is new, those of the region, which are remembered.
    """
    if feed_request is None or viewer.is_new:
        return catalogue.result_cache.get_or_compute(
            ("homepage", region, language, viewer.age_limit),
            lambda: _regional_homepage(
                catalogue, region, language, viewer.restrict(_language_filter(language))
            ),
        )
    return _personal_homepage(catalogue, region, language, viewer, feed_request)


def _regional_homepage(
    catalogue: CatalogueView, region: Region, language: str | None, filter: Filter
) -> HomepageResponse:
    rows = _fill_rows(catalogue, _regional_row_plans(region, language, filter), region)
    return HomepageResponse(rows=list(rows), region=region)


def _fill_rows(
    catalogue: CatalogueView,
    plans: Iterable[RowPlan],
    region: Region,
    reason_language: str = reasons.ENGLISH,
) -> Iterator[HomepageRowResponse]:
    """Yield rows; each title of one that is like another title says so, the others by terms."""
    boosted = title_cards.boost_reasons(region, reason_language)
    for row in fill_rows(catalogue.index, plans):
        like = row.plan.anchor_id
        because = None if like is None else feed.similarity_reason(catalogue, like, reason_language)
        items = title_cards.title_cards(
            catalogue, row.hits, boosted if because is None else _same_reason(because)
        )
        yield HomepageRowResponse(key=row.plan.key, title=row.plan.title, items=list(items))


def _same_reason(reason: Reason) -> Callable[[Hit], Reason]:
    return lambda _: reason


def _regional_row_plans(
    region: Region, language: str | None, filter: Filter, own_languages: Sequence[str] = ()
) -> list[RowPlan]:
    """Return the rows of a region; his own languages go before those watched there."""
    first = {code: 1.0 + 1.0 / place for place, code in enumerate(own_languages, start=1)}
    return homepage_rows(
        regions.known_region(region),
        regions.region_name(region),
        language_weights={**regions.language_weights(region), **first},
        languages={} if language else HOME_LANGUAGE_LABELS,
        genres=HOME_GENRE_LABELS,
        filter=filter,
        k=MAX_ROW_TITLES,
    )


def _personal_homepage(
    catalogue: CatalogueView,
    region: Region,
    language: str | None,
    viewer: ViewerContext,
    feed_request: FeedRequest,
) -> HomepageResponse:
    """Return a person's own rows and then the region's, without what he knows already."""
    wanted = viewer.restrict(_language_filter(language))
    rows = [*_list_rows(catalogue, viewer)]
    served = feed.build_feed(
        catalogue,
        viewer,
        replace(feed_request, filter=_language_filter(language), limit=MAX_ROW_TITLES),
    )
    chosen = feed.to_response(catalogue, served, feed_request).items
    if chosen:
        rows.insert(0, HomepageRowResponse(key="for_you", title=FOR_YOU_TITLE, items=list(chosen)))
    shown = frozenset(hit.id for row in rows for hit in row.items)
    others = replace(wanted, exclude=viewer.known_ids | shown)
    place = regions.known_region(region)
    own = personal_rows(
        place,
        list(_anchors(catalogue, viewer)),
        languages=served.context.own_languages if not language else (),
        heading=OWN_LANGUAGES_TITLE,
        filter=others,
        k=MAX_ROW_TITLES,
    )
    plans = _regional_row_plans(region, language, others, served.context.own_languages)
    rows += _fill_rows(catalogue, [*own, *plans], region, feed_request.reason_language)
    return HomepageResponse(rows=rows, region=region)


def _anchors(catalogue: CatalogueView, viewer: ViewerContext) -> Iterator[Anchor]:
    """Yield the latest titles that he liked, each for something else."""
    found: list[Anchor] = []
    liked = liked_title_ids(viewer.title_states)
    for title_id in (
        each for each in liked if opinion_score(viewer.title_states[each]) >= MIN_ANCHOR_OPINION
    ):
        listing = catalogue.titles.get(title_id)
        try:
            vector = catalogue.index.vectors([title_id], Space.CONTENT)[0]
        except VectorMissing:
            continue
        alike = any(float(each.vector @ vector) >= MIN_SAME_INTEREST_COSINE for each in found)
        if listing is not None and not alike:
            code = reaction_code(viewer.title_states[title_id])
            heading = reasons.reason_text(code, title=listing.title)
            found.append(Anchor(title_id, heading, vector))
            yield found[-1]
        if len(found) == MAX_ANCHOR_ROWS:
            return


def _list_rows(catalogue: CatalogueView, viewer: ViewerContext) -> Iterator[HomepageRowResponse]:
    """Yield what he is in the middle of, and what he wants to watch; the latest first."""
    under_way = [each for each, standing in viewer.title_states.items() if standing.in_progress]
    listed = [
        title_id
        for title_id, standing in viewer.title_states.items()
        if standing.watchlist_at is not None and not standing.in_progress
    ]
    for key, title, ids in (
        ("continue", CONTINUE_TITLE, under_way),
        ("watchlist", WATCHLIST_TITLE, listed),
    ):
        items = list(_list_cards(catalogue, viewer, ids))
        if items:
            yield HomepageRowResponse(key=key, title=title, items=items)


def _list_cards(
    catalogue: CatalogueView, viewer: ViewerContext, ids: Sequence[TitleId]
) -> Iterator[TitleCard]:
    found = ((title_id, catalogue.titles.get(title_id)) for title_id in ids)
    served = [(title_id, listing) for title_id, listing in found if listing is not None]
    for title_id, listing in served[:MAX_ROW_TITLES]:
        standing = viewer.title_states[title_id]
        plain = title_cards.title_card(
            listing, score=0.0, terms=title_cards.ZERO_TERMS, reason=None
        )
        yield replace(plain, progress=standing.progress) if standing.in_progress else plain


def _language_filter(language: str | None) -> Filter:
    return Filter(languages=frozenset({language} if language else ()))
