"""Why a title is in a list, told from the terms of its score and never otherwise."""

from dataclasses import dataclass

from index.query import Hit, TitleId


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason as people read it, and as programs do."""

    code: str
    text: str
    title_id: TitleId | None = None


def because_similar(title_id: TitleId, title: str) -> Reason:
    """Say which title it is near."""
    return Reason("similar_to", f"Similar to {title}", title_id)


def because_of_terms(hit: Hit, *, place: str) -> Reason:
    """Name the boost that gave the most."""
    terms = {
        "regional": (hit.regional, f"Popular in {place}"),
        "popular": (hit.popularity, "Widely known"),
        "new": (hit.freshness, "New"),
    }
    code = max(terms, key=lambda name: terms[name][0])
    value, text = terms[code]
    return Reason(code, text) if value > 0 else Reason("catalogue", "From the catalogue")


def because_searched(hit: Hit, *, name: float) -> Reason:
    """Say whether the name or the meaning brought it."""
    if name > hit.similarity:
        return Reason("name", "Its name matches")
    return Reason("meaning", "Fits what you described")
