"""A stored title in the Title form again: what `rasika export` writes."""

from collections.abc import Iterable
from typing import Any

from catalog.record import (
    AvailabilityPart,
    ImagePart,
    PersonPart,
    RatingPart,
    Record,
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
    """Return a title, its lists loaded, as the record that would make it."""
    same: dict[str, Any] = {name: getattr(title, name) for name in EXPORTED_FIELDS}
    names = _translated_names(title)
    told = {title.title, title.original_title, *names.values()}
    # Stored titles were checked on the way in; `model_construct` spares checking them again.
    return Record.model_construct(
        **same,
        languages=sorted(each.language for each in title.languages),
        names=names,
        # Among them the names that a further source gave for a language that has one already.
        aliases=list(dict.fromkeys(each.name for each in title.names if each.name not in told)),
        genres=[each.genre for each in sorted(title.genres, key=lambda each: each.position)],
        keywords=sorted(each.keyword for each in title.keywords),
        synopsis=dict(sorted((each.language, each.text) for each in title.synopses)),
        people=list(_person_parts(title)),
        countries=sorted(each.country for each in title.countries),
        warnings=sorted(each.warning for each in title.warnings),
        ratings=[
            RatingPart.model_construct(
                source=each.source,
                score=each.score,
                scale=each.scale,
                votes=each.votes,
                popularity=each.popularity,
            )
            for each in sorted(title.ratings, key=lambda each: each.source)
        ],
        external_ids=dict(sorted((each.source, each.value) for each in title.external_ids)),
        availability=[
            AvailabilityPart.model_construct(
                provider=each.provider,
                region=each.region or None,
                access=each.access,
                url=each.url,
            )
            for each in sorted(
                title.availability, key=lambda each: (each.provider, each.region, each.access)
            )
        ],
        images=[
            ImagePart.model_construct(
                kind=each.kind,
                url=each.url,
                language=each.language,
                width=each.width,
                height=each.height,
            )
            for each in title.images
        ],
        videos=[
            VideoPart.model_construct(
                kind=each.kind, url=each.url, name=each.name, language=each.language
            )
            for each in title.videos
        ],
        source=title.source or "import",
    )


def to_json_line(title: Title) -> str:
    """Return a title as one JSON line, without what it does not know."""
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
