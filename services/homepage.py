"""The homepage: for anybody of a region the same, for somebody his own rows before them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from api.schemas.titles import HitShown, Homepage, RowShown
from catalog import genres, languages, regions
from index.query import Filter, Hit, Region, TitleId, VectorMissing
from recommend import queries, reasons
from recommend.explanations import liked_ids, said_of
from recommend.homepage import fill
from recommend.queries import Anchor, RowPlan
from recommend.reasons import Reason
from recommend.taste import SAME_INTEREST
from recommend.title_state import opinion
from runtime.catalogue_view import Live
from services import feed, title_cards
from services.feed import Wish
from viewers.context import NOBODY, Person
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
    person: Person = NOBODY,
    wish: Wish | None = None,
) -> Homepage:
    """Return the rows of the homepage, every title at most once.

    Without a wish, or for who is new, those of the region, which are remembered.
    """
    if wish is None or person.is_new:
        return live.remembered.get(
            ("homepage", region, language, person.admits),
            lambda: _homepage(live, region, language, person.narrowed(_films(language))),
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
    for row in fill(live.index, plans):
        like = row.plan.like
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
    return queries.homepage(
        regions.known_region(region),
        regions.region_name(region),
        watched={**regions.language_weights(region), **first},
        languages={} if language else HOME_LANGUAGES,
        genres=HOME_GENRE_LABELS,
        wanted=wanted,
        k=ROW,
    )


def _personal(
    live: Live, region: Region, language: str | None, person: Person, wish: Wish
) -> Homepage:
    """Return a person's own rows and then the region's, without what he knows already."""
    wanted = person.narrowed(_films(language))
    rows = [*_kept(live, person)]
    served = feed.serve(live, person, replace(wish, wanted=_films(language), limit=ROW))
    chosen = feed.shown(live, served, wish).items
    if chosen:
        rows.insert(0, RowShown(key="for_you", title=FOR_YOU, items=list(chosen)))
    shown = frozenset(hit.id for row in rows for hit in row.items)
    others = replace(wanted, exclude=person.known | shown)
    place = regions.known_region(region)
    own = queries.personal_rows(
        place,
        list(_anchors(live, person)),
        languages=served.asking.own_languages if not language else (),
        heading=LANGUAGES,
        wanted=others,
        k=ROW,
    )
    plans = _plans(region, language, others, served.asking.own_languages)
    rows += _filled(live, [*own, *plans], region, wish.told_in)
    return Homepage(rows=rows, region=region)


def _anchors(live: Live, person: Person) -> Iterator[Anchor]:
    """Yield the latest titles that he liked, each for something else."""
    found: list[Anchor] = []
    liked = liked_ids(person.standings)
    for title_id in (each for each in liked if opinion(person.standings[each]) >= LOVED):
        listing = live.listings.get(title_id)
        try:
            vector = live.index.vectors([title_id], Space.CONTENT)[0]
        except VectorMissing:
            continue
        alike = any(float(each.vector @ vector) >= SAME_INTEREST for each in found)
        if listing is not None and not alike:
            code = said_of(person.standings[title_id])
            heading = reasons.text(code, title=listing.title)
            found.append(Anchor(title_id, heading, vector))
            yield found[-1]
        if len(found) == ANCHORS:
            return


def _kept(live: Live, person: Person) -> Iterator[RowShown]:
    """Yield what he is in the middle of, and what he wants to watch; the latest first."""
    under_way = [each for each, standing in person.standings.items() if standing.under_way]
    listed = [
        title_id
        for title_id, standing in person.standings.items()
        if standing.watchlist_at is not None and not standing.under_way
    ]
    for key, title, ids in (
        ("continue", CONTINUE, under_way),
        ("watchlist", WATCHLIST, listed),
    ):
        items = list(_titles(live, person, ids))
        if items:
            yield RowShown(key=key, title=title, items=items)


def _titles(live: Live, person: Person, ids: Sequence[TitleId]) -> Iterator[HitShown]:
    found = ((title_id, live.listings.get(title_id)) for title_id in ids)
    served = [(title_id, listing) for title_id, listing in found if listing is not None]
    for title_id, listing in served[:ROW]:
        standing = person.standings[title_id]
        plain = title_cards.hit(listing, score=0.0, terms=title_cards.NO_TERMS, reason=None)
        yield replace(plain, progress=standing.progress) if standing.under_way else plain


def _films(language: str | None) -> Filter:
    return Filter(languages=frozenset({language} if language else ()))
