"""Why a title is in a list, told from the terms of its score and never otherwise."""

from dataclasses import dataclass

from index.query import Hit
from recommend.reason_texts import REASON_LANGUAGES, REASON_TEXTS, InflectedName
from vocabulary.ids import TitleId

ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason as people read it, and as programs do."""

    code: str
    text: str
    title_id: TitleId | None = None


def make_reason(
    code: str, reason_language: str = ENGLISH, /, *, title_id: TitleId | None = None, **names: str
) -> Reason:
    """Give a reason by its code; `title_id` is the title that it names, if it names one."""
    return Reason(code, reason_text(code, reason_language, **names), title_id)


def similarity_reason(title_id: TitleId, title: str, *, language: str = ENGLISH) -> Reason:
    """Say which title it is near."""
    return make_reason("similar_to", language, title_id=title_id, title=title)


def boost_reason(hit: Hit, *, place: str, language: str = ENGLISH) -> Reason:
    """Name the boost that gave the most."""
    terms = {"regional": hit.regional, "popular": hit.popularity, "new": hit.freshness}
    code = max(terms, key=lambda name: terms[name])
    return make_reason(code if terms[code] > 0 else "catalogue", language, place=place)


def search_reason(hit: Hit, *, name_score: float, language: str = ENGLISH) -> Reason:
    """Say whether the name or the meaning brought it."""
    return make_reason("name" if name_score > hit.similarity else "meaning", language)


def supported_language(language: str | None) -> str:
    """Return the language that reasons are told in to who wants `language`.

    >>> spoken("te-IN"), spoken("fr"), spoken(None)
    ('te', 'en', 'en')
    """
    plain = (language or "").partition("-")[0].lower()
    return plain if plain in REASON_LANGUAGES else ENGLISH


def reason_text(code: str, reason_language: str = ENGLISH, /, **names: str) -> str:
    """Return what a reason says in a language; `names` fill `recommend.reason_texts`, in it too.

    Raises `KeyError` for a code that is none and for a name that is missing.

    >>> text("watched", "te", title="ఈగ"), text("trending_language", "ta", language="மலையாளம்")
    ('మీరు “ఈగ” చూశారు కాబట్టి', 'மலையாள மொழியில் இப்போது டிரெண்டிங்')
    """
    fitted = {placeholder: InflectedName(name) for placeholder, name in names.items()}
    return REASON_TEXTS[code][supported_language(reason_language)].format_map(fitted)
