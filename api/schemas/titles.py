"""JSON of a title's details."""

from datetime import date

from api.schemas.responses import ResponseModel
from db.tables.titles import Title
from vocabulary.kinds import Kind, NameKind


class TitleNameResponse(ResponseModel):
    """A name of a title."""

    name: str
    language: str | None
    script: str
    kind: NameKind


class SynopsisResponse(ResponseModel):
    """A synopsis in one language."""

    language: str
    text: str


class CreditResponse(ResponseModel):
    """A credit, in billing order."""

    name: str
    job: str
    character: str | None


class SourceRatingResponse(ResponseModel):
    """The rating of one source's users."""

    source: str
    score: float | None
    scale: float
    votes: int | None


class ImageResponse(ResponseModel):
    """An image."""

    kind: str
    url: str
    language: str | None
    width: int | None
    height: int | None


class VideoResponse(ResponseModel):
    """A trailer or clip."""

    kind: str
    url: str
    name: str | None
    language: str | None


class AvailabilityResponse(ResponseModel):
    """Where to watch a title; an empty region means wherever the provider is available."""

    provider: str
    region: str
    access: str
    url: str | None


class TitleDetailsResponse(ResponseModel):
    """All details of a title."""

    id: int
    kind: Kind
    title: str
    original_title: str | None
    original_language: str | None
    languages: list[str]
    names: list[TitleNameResponse]
    year: int | None
    end_year: int | None
    release_date: date | None
    runtime_minutes: int | None
    episodes: int | None
    tagline: str | None
    certificate: str | None
    minimum_age: int | None
    adult: bool
    genres: list[str]
    keywords: list[str]
    countries: list[str]
    warnings: list[str]
    synopses: list[SynopsisResponse]
    credits: list[CreditResponse]
    rating: float | None
    votes: int
    ratings: list[SourceRatingResponse]
    external_ids: dict[str, str]
    images: list[ImageResponse]
    videos: list[VideoResponse]
    availability: list[AvailabilityResponse]

    @classmethod
    def from_title(cls, title: Title) -> "TitleDetailsResponse":
        """Return a title, with its lists loaded, as JSON shows it."""
        return cls.model_validate(
            {
                **title.model_dump(),
                "languages": [each.language for each in title.languages],
                "names": sorted(title.names, key=lambda each: each.position),
                "genres": [
                    each.genre for each in sorted(title.genres, key=lambda each: each.position)
                ],
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
