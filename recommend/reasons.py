"""Reasons why a title is in a list, derived from the terms of its score."""

from dataclasses import dataclass

from index.query import Hit
from recommend.reason_texts import REASON_LANGUAGES, REASON_TEXTS, InflectedName
from vocabulary.ids import TitleId

ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason as text for users and as a code for programs."""

    code: str
    text: str
    title_id: TitleId | None = None


def make_reason(
    code: str, reason_language: str = ENGLISH, /, *, title_id: TitleId | None = None, **names: str
) -> Reason:
    """Return the reason of a code; `title_id` is the title that it names, if any."""
    return Reason(code, reason_text(code, reason_language, **names), title_id)


def similarity_reason(title_id: TitleId, title: str, *, language: str = ENGLISH) -> Reason:
    """Return the reason that names the similar title."""
    return make_reason("similar_to", language, title_id=title_id, title=title)


def boost_reason(hit: Hit, *, place: str, language: str = ENGLISH) -> Reason:
    """Return the reason of the largest boost."""
    terms = {"regional": hit.regional, "popular": hit.popularity, "new": hit.freshness}
    code = max(terms, key=lambda name: terms[name])
    return make_reason(code if terms[code] > 0 else "catalogue", language, place=place)


def search_reason(hit: Hit, *, name_score: float, language: str = ENGLISH) -> Reason:
    """Return whether the name or the meaning matched."""
    return make_reason("name" if name_score > hit.similarity else "meaning", language)


def supported_language(language: str | None) -> str:
    """Return the language of reasons for a requested language.

    >>> supported_language("te-IN"), supported_language("fr"), supported_language(None)
    ('te', 'en', 'en')
    """
    plain = (language or "").partition("-")[0].lower()
    return plain if plain in REASON_LANGUAGES else ENGLISH


def reason_text(code: str, reason_language: str = ENGLISH, /, **names: str) -> str:
    """Return the text of a reason; `names` fill its placeholders and are in the same language.

    Raises `KeyError` for an unknown code and for a missing name.

    >>> reason_text("watched", "te", title="ఈగ")
    'మీరు “ఈగ” చూశారు కాబట్టి'
    """
    inflected = {placeholder: InflectedName(name) for placeholder, name in names.items()}
    return REASON_TEXTS[code][supported_language(reason_language)].format_map(inflected)
