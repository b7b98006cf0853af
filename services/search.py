"""What routes and pages answer with: rankings over what is live, in the form of the contract."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from sqlmodel import Session

from api.errors import TitleNotFound
from api.metrics import Metrics
from api.schemas.titles import (
    ChipShown,
    Details,
    HitShown,
    Listed,
    Meant,
    ReadingShown,
    SearchAnswer,
)
from catalog import regions
from db import titles
from db.tables.titles import Title
from embeddings.embedder import Embedder
from index.query import Filter, Hit, Query, Region, TitleId, Vector, VectorMissing
from recommend import queries, reasons
from runtime.catalogue_view import Live
from search import pipeline
from search.fusion import Found
from search.language.query_expansion import bundled
from search.parsing.parsed_query import Chip
from search.pipeline import Asked
from services import title_cards
from vocabulary.kinds import Space

NO_EMBEDDER = "embedder"


def ask(
    live: Live, embedder: Embedder | None, text: str, *, ignored: frozenset[str] = frozenset()
) -> Asked:
    """Return a text taken apart and embedded, as far as somebody can."""
    embed = partial(embedder.embed, role="query") if embedder else None
    return live.remembered.get(
        ("ask", text, ignored, embed is None),
        lambda: pipeline.ask(live, bundled(), embed, text, ignored=ignored),
    )


def search(
    live: Live,
    metrics: Metrics,
    *,
    asked: Asked,
    wanted: Filter,
    region: Region,
    limit: int,
    offset: int,
    embedded: bool = True,
    explained: bool = False,
    taste: Vector | None = None,
) -> SearchAnswer:
    """Return what a text finds; without a text, what is best known and meets the filter.

    A text that nobody could embed finds titles by their names and words. A taste of unit length is
    a term of the score; answers for nobody in particular are remembered.
    """
    if not asked.text.strip():
        return _browsed(live, wanted, region, limit=limit, offset=offset)
    place, k = regions.known_region(region), limit + offset
    if taste is None:
        answer = live.remembered.get(
            ("find", asked.text, asked.ignored, asked.vector is None, wanted, place, k),
            lambda: pipeline.find(live, asked, wanted, place, k=k),
        )
    else:
        answer = pipeline.find(live, asked, wanted, place, k=k, taste=taste)
    degraded = [] if embedded else [NO_EMBEDDER]
    for cause in degraded:
        metrics.degraded.labels(cause).inc()
    meant = live.listings.get(answer.meant or 0)
    return SearchAnswer(
        items=list(_shown_found(live, answer.found[offset:])),
        total=None,
        limit=limit,
        offset=offset,
        degraded=degraded,
        chips=[_chip(chip) for chip in answer.chips],
        relaxed=[_chip(chip) for chip in answer.dropped],
        did_you_mean=Meant(id=meant.id, title=meant.title, year=meant.year) if meant else None,
        nearest=answer.nearest,
        readings=_readings(asked) if explained else None,
    )


def trending(
    live: Live, *, wanted: Filter, region: Region, limit: int, offset: int
) -> Listed[HitShown]:
    """Return what is trending in a region."""
    query = queries.trending(regions.known_region(region), wanted, k=limit + offset)
    found = live.index.search(query)[offset:]
    items = list(title_cards.blended(live, found, title_cards.boosted(region)))
    return Listed[HitShown](items=items, total=None, limit=limit, offset=offset)


def similar(
    live: Live, title_id: TitleId, *, wanted: Filter, limit: int, offset: int
) -> Listed[HitShown]:
    """Return the titles nearest to one; none while it waits for its vector."""
    query = similar_query(live, title_id, wanted=wanted, k=limit + offset)
    found = live.index.search(query)
    return similar_of(live, title_id, found, limit=limit, offset=offset)


def similar_query(live: Live, title_id: TitleId, *, wanted: Filter, k: int) -> Query:
    """Return what to ask for the titles nearest to one."""
    if title_id not in live.listings:
        raise TitleNotFound(title_id)
    try:
        vector = live.index.vectors([title_id], Space.CONTENT)[0]
    except VectorMissing:
        return Query(k=0)
    return queries.similar_to(title_id, vector, wanted, k=k)


def similar_of(
    live: Live, title_id: TitleId, found: list[Hit], *, limit: int, offset: int
) -> Listed[HitShown]:
    """Return the found as the titles nearest to one."""
    listing = live.listings.get(title_id)
    if listing is None:  # it went while we searched
        raise TitleNotFound(title_id)
    reason = reasons.similarity_reason(title_id, listing.title)
    items = list(title_cards.blended(live, found[offset:], lambda _: reason))
    return Listed[HitShown](items=items, total=None, limit=limit, offset=offset)


def details(reading: Session, title_id: TitleId) -> Details:
    """Return everything known of a title."""
    title = titles.get(reading, title_id)
    if title is None:
        raise TitleNotFound(title_id)
    return details_of(title)


def details_of(title: Title) -> Details:
    """Return a title, its lists loaded, as the contract shows it."""
    return Details.model_validate(
        {
            **title.model_dump(),
            "languages": [each.language for each in title.languages],
            "names": sorted(title.names, key=lambda each: each.position),
            "genres": [each.genre for each in sorted(title.genres, key=lambda each: each.position)],
            "keywords": [each.keyword for each in title.keywords],
            "countries": [each.country for each in title.countries],
            "warnings": [each.warning for each in title.warnings],
            "synopses": title.synopses,
            "credits": [
                {"name": each.person.name, "job": each.job, "character": each.character}
                for each in sorted(title.credits, key=lambda each: each.position)
            ],
            "ratings": [each for each in title.ratings if each.score is not None],
            "external_ids": {each.source: each.value for each in title.external_ids},
            "images": title.images,
            "videos": title.videos,
            "availability": title.availability,
        }
    )


def _browsed(
    live: Live, wanted: Filter, region: Region, *, limit: int, offset: int
) -> SearchAnswer:
    query = queries.best_known(regions.known_region(region), wanted, k=limit + offset)
    found = live.index.search(query)[offset:]
    items = list(title_cards.blended(live, found, title_cards.boosted(region)))
    return SearchAnswer(items=items, total=None, limit=limit, offset=offset)


def _shown_found(live: Live, found: Iterable[Found]) -> Iterable[HitShown]:
    for each in found:
        listing = live.listings.get(each.hit.title_id)
        if listing is not None:
            reason = reasons.search_reason(each.hit, name_score=each.evidence.name)
            terms = replace(
                title_cards.terms(each.hit),
                name=each.evidence.name,
                words=each.evidence.words,
                preference=each.evidence.preference,
                personal=each.evidence.personal,
            )
            yield title_cards.hit(listing, score=each.score, terms=terms, reason=reason)


def _readings(asked: Asked) -> list[ReadingShown]:
    return [ReadingShown(text=text, weight=weight) for text, weight in asked.meaning.texts]


def _chip(chip: Chip) -> ChipShown:
    return ChipShown(key=chip.key, label=chip.label, text=chip.text, hard=chip.hard)
