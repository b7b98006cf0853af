"""Onboarding: a varied choice of well-known titles, and recording the viewer's picks."""

from datetime import UTC, datetime
from uuid import UUID, uuid5

from sqlmodel import Session

from catalog import languages, regions
from db.interactions import ONBOARDING_ROW, Interaction
from db.titles import TitleNotFound
from index.query import Filter
from recommend import onboarding, reasons
from runtime.catalogue_view import CatalogueView
from services import title_cards
from services.title_attributes import content_vectors, ranking_attributes
from services.title_cards import TitleCard
from viewers.context import ViewerContext
from viewers.interactions import RecordResult, TitleFeatureSource, record_interactions
from vocabulary.ids import Region
from vocabulary.kinds import Event

ALWAYS_OFFERED_LANGUAGES = (*languages.HOME_LANGUAGES, "en")  # in every region


def onboarding_titles(
    catalogue: CatalogueView,
    viewer: ViewerContext,
    region: Region,
    *,
    requested_languages: list[str],
    limit: int,
) -> list[TitleCard]:
    """Return the titles that a viewer may pick from."""
    known_region = regions.known_region(region)
    shares = onboarding.language_shares(
        [languages.normalise_code(each) for each in requested_languages if each.strip()],
        viewer.preferences.languages,
        {**dict.fromkeys(ALWAYS_OFFERED_LANGUAGES, 0.0), **regions.language_weights(known_region)},
    )
    queries = onboarding.candidate_queries(known_region, shares, viewer.restrict(Filter()), k=limit)
    hits = onboarding.select_titles(
        shares,
        catalogue.index.search_many(queries),
        features_of=lambda title_id: ranking_attributes(catalogue, title_id),
        vectors=lambda ids: content_vectors(catalogue, ids),
        k=limit,
    )
    language = viewer.display_language or reasons.ENGLISH
    return list(
        title_cards.title_cards(catalogue, hits, title_cards.boost_reasons(region, language))
    )


def record_picks(
    session: Session,
    viewer_id: UUID,
    title_ids: list[int],
    *,
    catalogue: CatalogueView,
    feature_source: TitleFeatureSource,
) -> RecordResult:
    """Record each pick as a like, once however often it is sent; the caller commits.

    Raises `TitleNotFound`.
    """
    unknown = next((each for each in title_ids if each not in catalogue.titles), None)
    if unknown is not None:
        raise TitleNotFound(unknown)
    now = datetime.now(UTC)
    likes = [
        Interaction(
            id=uuid5(viewer_id, f"{ONBOARDING_ROW}:{title_id}"),
            title_id=title_id,
            event=Event.LIKE,
            at=now,
            row=ONBOARDING_ROW,
        )
        for title_id in dict.fromkeys(title_ids)
    ]
    return record_interactions(session, viewer_id, likes, feature_source)
