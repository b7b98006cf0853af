"""The homepage: for anybody of a region the same, for somebody his own rows before them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from api.schemas.titles import HitShown, Homepage, RowShown
from catalog import genres, languages, regions
from index.query import Filter, Hit, Region, TitleId, VectorMissing
from recommend import queries, reasons
from recommend.explanations import liked_title_ids, reaction_code
from recommend.homepage import fill_rows
from recommend.queries import Anchor, RowPlan
from recommend.reasons import Reason
from recommend.taste import MIN_SAME_INTEREST_COSINE
from recommend.title_state import opinion_score
from runtime.catalogue_view import Live
from services import feed, title_cards
from services.feed import Wish
from viewers.context import ANONYMOUS_CONTEXT, ViewerContext
from vocabulary.kinds import Space

LOVED = 0.5  # opinion; who only wants to watch something has not said that he likes it
ANCHORS = 2  # rows of what is like a title; more and the page is about the past
FOR_YOU, CONTINUE, WATCHLIST = "For you", "Continue watching", "Your watchlist"
LANGUAGES = "In your languages"
ROW = 18  # titles: three screens of a phone, one and a half of a desk
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
HOME_LANGUAGES = {code: languages.language_name(code) for code in languages.HOME_LANGUAGES}
HOME_GENRE_LABELS = {slug: genres.label(slug) for slug in HOME_GENRES}


def homepage(
    live: Live,
    *,
    region: Region,
    language: str | None,
    person: ViewerContext = ANONYMOUS_CONTEXT,
    wish: Wish | None = None,
) -> Homepage:
    """Return the rows of the homepage, every title at most once.

    Without a wish, or for who is new, those of the region, which are remembered.
    """
    if wish is None or person.is_new:
        return live.remembered.get(
            ("homepage", region, language, person.age_limit),
            lambda: _homepage(live, region, language, person.restrict(_films(language))),
        )
    return _personal(live, region, language, person, wish)


def _homepage(live: Live, region: Region, language: str | None, wanted: Filter) -> Homepage:
    rows = _filled(live, _plans(region, language, wanted), region)
    return Homepage(rows=list(rows), region=region)


def _filled(
    live: Live, plans: Iterable[RowPlan], region: Region, told_in: str = reasons.ENGLISH
) -> Iterator[RowShown]:
    """Yield rows; each title of one that is like another title says so, the others by terms."""
    boosted = title_cards.boosted(region, told_in)
    for row in fill_rows(live.index, plans):
        like = row.plan.anchor_id
        because = None if like is None else feed.similar(live, like, told_in)
        items = title_cards.blended(live, row.hits, boosted if because is None else _all(because))
        yield RowShown(key=row.plan.key, title=row.plan.title, items=list(items))


def _all(reason: Reason) -> Callable[[Hit], Reason]:
    return lambda _: reason


def _plans(
    region: Region, language: str | None, wanted: Filter, own: Sequence[str] = ()
) -> list[RowPlan]:
    """Return the rows of a region; his own languages go before those watched there."""
    first = {code: 1.0 + 1.0 / place for place, code in enumerate(own, start=1)}
    return queries.homepage_rows(
        regions.known_region(region),
        regions.region_name(region),
        language_weights={**regions.language_weights(region), **first},
        languages={} if language else HOME_LANGUAGES,
        genres=HOME_GENRE_LABELS,
        filter=wanted,
        k=ROW,
    )


def _personal(
    live: Live, region: Region, language: str | None, person: ViewerContext, wish: Wish
) -> Homepage:
    """Return a person's own rows and then the region's, without what he knows already."""
    wanted = person.restrict(_films(language))
    rows = [*_kept(live, person)]
    served = feed.serve(live, person, replace(wish, wanted=_films(language), limit=ROW))
    chosen = feed.shown(live, served, wish).items
    if chosen:
        rows.insert(0, RowShown(key="for_you", title=FOR_YOU, items=list(chosen)))
    shown = frozenset(hit.id for row in rows for hit in row.items)
    others = replace(wanted, exclude=person.known_ids | shown)
    place = regions.known_region(region)
    own = queries.personal_rows(
        place,
        list(_anchors(live, person)),
        languages=served.asking.own_languages if not language else (),
        heading=LANGUAGES,
        filter=others,
        k=ROW,
    )
    plans = _plans(region, language, others, served.asking.own_languages)
    rows += _filled(live, [*own, *plans], region, wish.told_in)
    return Homepage(rows=rows, region=region)


def _anchors(live: Live, person: ViewerContext) -> Iterator[Anchor]:
    """Yield the latest titles that he liked, each for something else."""
    found: list[Anchor] = []
    liked = liked_title_ids(person.title_states)
    for title_id in (each for each in liked if opinion_score(person.title_states[each]) >= LOVED):
        listing = live.listings.get(title_id)
        try:
            vector = live.index.vectors([title_id], Space.CONTENT)[0]
        except VectorMissing:
            continue
        alike = any(float(each.vector @ vector) >= MIN_SAME_INTEREST_COSINE for each in found)
        if listing is not None and not alike:
            code = reaction_code(person.title_states[title_id])
            heading = reasons.reason_text(code, title=listing.title)
            found.append(Anchor(title_id, heading, vector))
            yield found[-1]
        if len(found) == ANCHORS:
            return


def _kept(live: Live, person: ViewerContext) -> Iterator[RowShown]:
    """Yield what he is in the middle of, and what he wants to watch; the latest first."""
    under_way = [each for each, standing in person.title_states.items() if standing.in_progress]
    listed = [
        title_id
        for title_id, standing in person.title_states.items()
        if standing.watchlist_at is not None and not standing.in_progress
    ]
    for key, title, ids in (
        ("continue", CONTINUE, under_way),
        ("watchlist", WATCHLIST, listed),
    ):
        items = list(_titles(live, person, ids))
        if items:
            yield RowShown(key=key, title=title, items=items)


def _titles(live: Live, person: ViewerContext, ids: Sequence[TitleId]) -> Iterator[HitShown]:
    found = ((title_id, live.listings.get(title_id)) for title_id in ids)
    served = [(title_id, listing) for title_id, listing in found if listing is not None]
    for title_id, listing in served[:ROW]:
        standing = person.title_states[title_id]
        plain = title_cards.hit(listing, score=0.0, terms=title_cards.NO_TERMS, reason=None)
        yield replace(plain, progress=standing.progress) if standing.in_progress else plain


def _films(language: str | None) -> Filter:
    return Filter(languages=frozenset({language} if language else ()))
