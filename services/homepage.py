"""The homepage: a region's rows, after the viewer's own rows if anything is known of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

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
from services.feed_reasons import similarity_reason
from services.title_cards import TitleCard
from viewers.context import ANONYMOUS_CONTEXT, ViewerContext
from vocabulary.ids import Region, TitleId
from vocabulary.kinds import Space

MIN_ANCHOR_OPINION = 0.5  # more than a watchlist entry, which is no sign of liking
MAX_ANCHOR_ROWS = 2  # rows of titles similar to a liked one
FOR_YOU_TITLE, CONTINUE_TITLE, WATCHLIST_TITLE = "For you", "Continue watching", "Your watchlist"
OWN_LANGUAGES_TITLE = "In your languages"
MAX_ROW_TITLES = 18  # three screens of a phone, one and a half of a desktop
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


@dataclass(frozen=True, slots=True)
class HomepageRow:
    """A row of titles."""

    key: str
    title: str
    items: Sequence[TitleCard]


@dataclass(frozen=True, slots=True)
class Homepage:
    """The rows of the homepage for a region."""

    rows: Sequence[HomepageRow]
    region: Region


def build_homepage(
    catalogue: CatalogueView,
    *,
    region: Region,
    language: str | None,
    viewer: ViewerContext = ANONYMOUS_CONTEXT,
    feed_request: FeedRequest | None = None,
) -> Homepage:
    """Return the rows of the homepage, every title at most once.

    Without a feed request, and for new viewers, the region's rows, which are cached.
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
) -> Homepage:
    rows = _fill_rows(catalogue, _regional_row_plans(region, language, filter), region)
    return Homepage(rows=tuple(rows), region=region)


def _fill_rows(
    catalogue: CatalogueView,
    plans: Iterable[RowPlan],
    region: Region,
    reason_language: str = reasons.ENGLISH,
) -> Iterator[HomepageRow]:
    """Yield rows; titles similar to an anchor title have that as their reason."""
    boosted = title_cards.boost_reasons(region, reason_language)
    for row in fill_rows(catalogue.index, plans):
        anchor_id = row.plan.anchor_id
        reason = (
            None if anchor_id is None else similarity_reason(catalogue, anchor_id, reason_language)
        )
        items = title_cards.title_cards(
            catalogue, row.hits, boosted if reason is None else _same_reason(reason)
        )
        yield HomepageRow(key=row.plan.key, title=row.plan.title, items=tuple(items))


def _same_reason(reason: Reason) -> Callable[[Hit], Reason]:
    return lambda _: reason


def _regional_row_plans(
    region: Region, language: str | None, filter: Filter, own_languages: Sequence[str] = ()
) -> list[RowPlan]:
    """Return the rows of a region; the viewer's languages come before the region's."""
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
) -> Homepage:
    """Return the viewer's own rows, then the region's, without titles they know."""
    filter = viewer.restrict(_language_filter(language))
    rows = [*_list_rows(catalogue, viewer)]
    result = feed.build_feed(
        catalogue,
        viewer,
        replace(feed_request, filter=_language_filter(language), limit=MAX_ROW_TITLES),
    )
    cards = feed.feed_cards(catalogue, result, feed_request)
    if cards:
        rows.insert(0, HomepageRow(key="for_you", title=FOR_YOU_TITLE, items=tuple(cards)))
    listed_ids = frozenset(hit.id for row in rows for hit in row.items)
    others = replace(filter, exclude=viewer.known_ids | listed_ids)
    personal_plans = personal_rows(
        regions.known_region(region),
        list(_anchors(catalogue, viewer)),
        languages=result.context.own_languages if not language else (),
        heading=OWN_LANGUAGES_TITLE,
        filter=others,
        k=MAX_ROW_TITLES,
    )
    plans = _regional_row_plans(region, language, others, result.context.own_languages)
    rows += _fill_rows(catalogue, [*personal_plans, *plans], region, feed_request.reason_language)
    return Homepage(rows=tuple(rows), region=region)


def _anchors(catalogue: CatalogueView, viewer: ViewerContext) -> Iterator[Anchor]:
    """Yield the titles liked last, none similar to an earlier one."""
    anchors: list[Anchor] = []
    liked = liked_title_ids(viewer.title_states)
    for title_id in (
        each for each in liked if opinion_score(viewer.title_states[each]) >= MIN_ANCHOR_OPINION
    ):
        listing = catalogue.titles.get(title_id)
        try:
            vector = catalogue.index.vectors([title_id], Space.CONTENT)[0]
        except VectorMissing:
            continue
        is_similar = any(
            float(each.vector @ vector) >= MIN_SAME_INTEREST_COSINE for each in anchors
        )
        if listing is not None and not is_similar:
            code = reaction_code(viewer.title_states[title_id])
            heading = reasons.reason_text(code, title=listing.title)
            anchors.append(Anchor(title_id, heading, vector))
            yield anchors[-1]
        if len(anchors) == MAX_ANCHOR_ROWS:
            return


def _list_rows(catalogue: CatalogueView, viewer: ViewerContext) -> Iterator[HomepageRow]:
    """Yield titles in progress and the watchlist, the latest first."""
    in_progress = [each for each, state in viewer.title_states.items() if state.in_progress]
    watchlist = [
        title_id
        for title_id, state in viewer.title_states.items()
        if state.watchlist_at is not None and not state.in_progress
    ]
    for key, title, ids in (
        ("continue", CONTINUE_TITLE, in_progress),
        ("watchlist", WATCHLIST_TITLE, watchlist),
    ):
        items = tuple(_list_cards(catalogue, viewer, ids))
        if items:
            yield HomepageRow(key=key, title=title, items=items)


def _list_cards(
    catalogue: CatalogueView, viewer: ViewerContext, ids: Sequence[TitleId]
) -> Iterator[TitleCard]:
    served = [listing for each in ids if (listing := catalogue.titles.get(each)) is not None]
    for listing in served[:MAX_ROW_TITLES]:
        state = viewer.title_states[listing.id]
        card = title_cards.title_card(listing, score=0.0, terms=title_cards.ZERO_TERMS, reason=None)
        yield replace(card, progress=state.progress) if state.in_progress else card


def _language_filter(language: str | None) -> Filter:
    return Filter(languages=frozenset({language} if language else ()))
