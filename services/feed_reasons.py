"""Reasons of a feed's titles in the reader's language."""

from catalog import genres, languages, regions
from recommend import moods, reasons
from recommend.explanations import Explanation
from recommend.moods import Rasa
from recommend.reasons import Reason
from runtime.catalogue_view import CatalogueView
from vocabulary.ids import Region, TitleId


def localized_reason(
    catalogue: CatalogueView, explanation: Explanation, *, region: Region, language: str
) -> Reason:
    """Return an explanation as text."""
    code, name = explanation.code, explanation.name
    if explanation.title_id is not None:
        title = display_title(catalogue, explanation.title_id, language)
        return reasons.make_reason(code, language, title_id=explanation.title_id, title=title)
    match code:
        case "trending_language" | "popular_language" | "leaning_language":
            label = languages.language_name(name, in_language=language)
            return reasons.make_reason(code, language, language=label)
        case "popular_genre" | "leaning_genre":
            return reasons.make_reason(
                code, language, genre=genres.label(name, in_language=language)
            )
        case "different_language":
            label = languages.language_name(name, in_language=language)
            return reasons.make_reason("different", language, what=label)
        case "different_genre":
            label = genres.label(name, in_language=language)
            return reasons.make_reason("different", language, what=label)
        case "trending_region" | "loved_in" | "regional":
            place = regions.region_name(region, in_language=language)
            return reasons.make_reason(code, language, place=place)
        case "more_from":
            return reasons.make_reason(code, language, person=name)
        case "mood":
            return reasons.make_reason(code, language, rasa=moods.mood_name(Rasa(name), language))
    return reasons.make_reason(code, language)


def similarity_reason(catalogue: CatalogueView, title_id: TitleId, language: str) -> Reason:
    """Return the reason "similar to" a title."""
    name = display_title(catalogue, title_id, language)
    return reasons.similarity_reason(title_id, name, language=language)


def display_title(catalogue: CatalogueView, title_id: TitleId, language: str) -> str:
    """Return a title's name: the original in its own language, else the English one."""
    listing = catalogue.titles.get(title_id)
    if listing is None:
        return "…"
    native = listing.original_title if listing.language == language else None
    return native or listing.title
