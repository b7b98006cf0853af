"""Stored titles as records again: what `rasika export` writes."""

from collections.abc import Iterable
from typing import Any

from catalog.record import (
    AvailabilityPart,
    ImagePart,
    PersonPart,
    RatingPart,
    Record,
    RecordPart,
    VideoPart,
)
from db.tables.titles import Title
from vocabulary.kinds import NameKind

EXPORTED_FIELDS = (
    "kind",
    "title",
    "original_title",
    "original_language",
    "release_date",
    "year",
    "end_year",
    "runtime_minutes",
    "episodes",
    "tagline",
    "certificate",
    "format",
    "adult",
)


def to_record(title: Title) -> Record:
    """Return a title, its lists loaded, as the record that would create it.

    Stored titles were validated when they were imported; `model_construct` skips validating again.
    """
    fields: dict[str, Any] = {name: getattr(title, name) for name in EXPORTED_FIELDS}
    names = _translated_names(title)
    other_names = {title.title, title.original_title, *names.values()}
    return Record.model_construct(
        **fields,
        languages=sorted(each.language for each in title.languages),
        names=names,
        # Includes names that a second source gave for a language that already has one.
        aliases=list(
            dict.fromkeys(each.name for each in title.names if each.name not in other_names)
        ),
        genres=[each.genre for each in sorted(title.genres, key=lambda each: each.position)],
        keywords=sorted(each.keyword for each in title.keywords),
        synopsis=dict(sorted((each.language, each.text) for each in title.synopses)),
        people=list(_person_parts(title)),
        countries=sorted(each.country for each in title.countries),
        warnings=sorted(each.warning for each in title.warnings),
        ratings=list(_rating_parts(title)),
        external_ids=dict(sorted((each.source, each.value) for each in title.external_ids)),
        availability=list(_availability_parts(title)),
        images=[_copy_fields(ImagePart, each) for each in title.images],
        videos=[_copy_fields(VideoPart, each) for each in title.videos],
        source=title.source or "import",
    )


def to_json_line(title: Title) -> str:
    """Return a title as one JSON line, without empty fields."""
    return to_record(title).model_dump_json(exclude_defaults=True, exclude_none=True)


def _translated_names(title: Title) -> dict[str, str]:
    names: dict[str, str] = {}
    for each in title.names:
        if each.kind == NameKind.TRANSLATED and each.language:
            names.setdefault(each.language, each.name)
    return names


def _person_parts(title: Title) -> Iterable[PersonPart]:
    for each in sorted(title.credits, key=lambda each: each.position):
        yield PersonPart.model_construct(
            name=each.person.name, job=each.job, character=each.character
        )


def _rating_parts(title: Title) -> Iterable[RatingPart]:
    for each in sorted(title.ratings, key=lambda each: each.source):
        yield _copy_fields(RatingPart, each)


def _availability_parts(title: Title) -> Iterable[AvailabilityPart]:
    for each in sorted(
        title.availability, key=lambda each: (each.provider, each.region, each.access)
    ):
        yield AvailabilityPart.model_construct(
            provider=each.provider, region=each.region or None, access=each.access, url=each.url
        )


def _copy_fields(part: type[RecordPart], row: object) -> Any:
    return part.model_construct(**{name: getattr(row, name) for name in part.model_fields})
