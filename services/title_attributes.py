"""What the feed needs to know of titles, computed once for each state of the catalogue."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from catalog import franchises
from index.query import VectorMissing
from recommend.ranking import RankingFeatures
from runtime.catalogue_view import CatalogueView
from runtime.title_features import taste_features
from vocabulary.arrays import Matrix, Vector
from vocabulary.ids import TitleId
from vocabulary.kinds import Space
from vocabulary.name_folding import fold
from vocabulary.title_summary import TitleSummary


def ranking_attributes(catalogue: CatalogueView, title_id: TitleId) -> RankingFeatures | None:
    """Return the features that ranking uses; None for a title that is not served."""
    listing = catalogue.titles.get(title_id)
    if listing is None:
        return None
    return catalogue.title_cache.get_or_compute(title_id, lambda: _ranking_features(listing))


def content_vectors(catalogue: CatalogueView, ids: Sequence[TitleId]) -> Matrix:
    """Return content vectors (n, d), zero where one is missing."""
    try:
        return catalogue.index.vectors(ids, Space.CONTENT)
    except VectorMissing:
        rows = [_content_vector(catalogue, title_id) for title_id in ids]
    dimensions = max((len(row) for row in rows if row is not None), default=1)
    zeros = np.zeros(dimensions, np.float32)
    return np.stack([zeros if row is None else row for row in rows])


def titles_by_person(catalogue: CatalogueView, name: str) -> frozenset[TitleId]:
    """Return the titles of a person."""
    person = catalogue.entity_dictionary.find_person(fold(name))
    return person.title_ids if person else frozenset()


def dubbed_titles_by_language(catalogue: CatalogueView) -> Mapping[str, frozenset[TitleId]]:
    """Return the titles with more than one language, by their original language."""
    return catalogue.result_cache.get_or_compute(
        "dubbed", lambda: _find_dubbed_titles(catalogue.titles.values())
    )


def catalogue_languages(catalogue: CatalogueView) -> frozenset[str]:
    """Return every language of the catalogue's titles."""
    return catalogue.result_cache.get_or_compute(
        "languages",
        lambda: frozenset(
            code for listing in catalogue.titles.values() for code in listing.languages
        ),
    )


def _find_dubbed_titles(listings: Iterable[TitleSummary]) -> Mapping[str, frozenset[TitleId]]:
    ids_by_language = defaultdict[str, set[TitleId]](set)
    for listing in listings:
        if listing.language and len(listing.languages) > 1:
            ids_by_language[listing.language].add(listing.id)
    return {code: frozenset(ids) for code, ids in ids_by_language.items()}


def _ranking_features(listing: TitleSummary) -> RankingFeatures:
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
