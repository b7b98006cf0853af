"""What the API answers; field names are a contract with the outside."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar, Generic, TypeVar

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from vocabulary.kinds import Kind, NameKind

Item = TypeVar("Item")


class ResponseModel(BaseModel):
    """Any answer; made from rows and dataclasses as well."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


def json_response(answer: ResponseModel) -> Response:
    """Return an answer that was made here as JSON, at once.

    What a route returns as it is, FastAPI checks again, in a thread of its own.
    """
    return Response(answer.__pydantic_serializer__.to_json(answer), media_type="application/json")


def private_json_response(answer: ResponseModel) -> Response:
    """Return an answer that is one person's, which no cache may keep."""
    response = json_response(answer)
    response.headers["Cache-Control"] = "no-store"
    return response


@dataclass(frozen=True, slots=True)
class ScoreTerms:
    """The weighted terms of a score; they add up to it."""

    similarity: float
    popularity: float
    regional: float
    freshness: float
    name: float = 0.0
    words: float = 0.0
    preference: float = 0.0
    personal: float = 0.0
    leaning: float = 0.0
    mood: float = 0.0
    context: float = 0.0


@dataclass(frozen=True, slots=True)
class ReasonResponse:
    """Why a title is in the list."""

    code: str
    text: str
    title_id: int | None = None


@dataclass(frozen=True, slots=True)
class TitleCard:
    """A title in a list.

    Made by the dozen for each answer, so it is a plain dataclass, a quarter of a model's time.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 7,
                    "title": "Eega",
                    "original_title": "ఈగ",
                    "kind": "movie",
                    "year": 2012,
                    "language": "te",
                    "genres": ["fantasy", "action", "romance"],
                    "poster_url": None,
                    "score": 0.52,
                    "terms": {
                        "similarity": 0.47,
                        "popularity": 0.03,
                        "regional": 0.02,
                        "freshness": 0.0,
                        "name": 0.0,
                    },
                    "reason": {
                        "code": "meaning",
                        "text": "Fits what you described",
                        "title_id": None,
                    },
                }
            ]
        }
    )

    id: int
    title: str
    original_title: str | None
    kind: Kind
    year: int | None
    language: str | None
    genres: list[str]
    poster_url: str | None
    score: float
    terms: ScoreTerms
    reason: ReasonResponse | None = None
    slot: str | None = None  # of a feed: `close`, `stretch` or `trending`
    source: str | None = None  # of a feed: the query that it was found by
    progress: float | None = None  # 0..1, where somebody stopped who is in the middle of it


class ListResponse(ResponseModel, Generic[Item]):
    """A page of a list; `total` is none where counting would cost more than it tells."""

    items: list[Item]
    total: int | None
    limit: int
    offset: int


class ChipResponse(ResponseModel):
    """Something understood of a text; send its key as `ignore` to take it away."""

    key: str
    label: str
    text: str
    hard: bool


class DidYouMeanResponse(ResponseModel):
    """A title whose name is nearly what was typed."""

    id: int
    title: str
    year: int | None


class QueryReadingResponse(ResponseModel):
    """A way in which a text was read, and its weight in what was looked for."""

    text: str
    weight: float


class SearchResponse(ListResponse[TitleCard]):
    """What a search found.

    `degraded` names what it had to do without, `chips` what was understood of the text and
    `relaxed` what was understood and given up, because nothing would have been left. `nearest`:
    no title has the name or the words, these are near in meaning alone.
    """

    degraded: list[str] = []
    chips: list[ChipResponse] = []
    relaxed: list[ChipResponse] = []
    did_you_mean: DidYouMeanResponse | None = None
    nearest: bool = False
    readings: list[QueryReadingResponse] | None = None


class FeedMetricsResponse(ResponseModel):
    """How good a list is in itself; each is defined in `recommend.metrics`.

    `coverage` and `personalisation` are of the latest lists of all people of the process.
    """

    intra_list_diversity: float
    novelty_bits: float
    serendipity: float
    freshness: float
    coverage: float
    personalisation: float


class FeedResponse(ListResponse[TitleCard]):
    """A personal feed.

    `ladder` names what it stands on, the best first: `taste`, or `picks` where all that is known
    are the titles picked at first, `preferences`, `region`, `popularity`. `degraded` says `taste`
    where it could not be read, and the feed is anybody's. `measures` is for administrators who ask
    to have it explained.
    """

    ladder: list[str]
    region: str
    mood: str | None = None
    degraded: list[str] = []
    measures: FeedMetricsResponse | None = None


class HomepageRowResponse(ResponseModel):
    """A row of a page."""

    key: str
    title: str
    items: list[TitleCard]


class HomepageResponse(ResponseModel):
    """The rows of the homepage for a region."""

    rows: list[HomepageRowResponse]
    region: str


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
    """A person's part, in billing order."""

    name: str
    job: str
    character: str | None


class SourceRatingResponse(ResponseModel):
    """What one source's public thinks."""

    source: str
    score: float | None
    scale: float
    votes: int | None


class ImageResponse(ResponseModel):
    """A picture."""

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
    """Where a title can be seen; an empty region is everywhere the provider is."""

    provider: str
    region: str
    access: str
    url: str | None


class TitleDetailsResponse(ResponseModel):
    """Everything known of a title."""

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


class EnqueuedJobResponse(ResponseModel):
    """A job that was accepted."""

    job_id: str
    status: str


class JobResponse(ResponseModel):
    """Where a job stands; `done` of `total` while it tells."""

    job_id: str
    name: str
    status: Annotated[str, Field(examples=["queued", "started", "finished", "failed"])]
    done: int | None = None
    total: int | None = None
    result: object | None = None
    error: str | None = None
    enqueued_at: str | None = None
    started_at: str | None = None
    ended_at: str | None = None


class HealthCheckResponse(ResponseModel):
    """Whether a dependency answers."""

    name: str
    ok: bool
    detail: str


class ReadinessResponse(ResponseModel):
    """Whether the service can do its work; `degraded` when it can do most of it."""

    status: Annotated[str, Field(examples=["ready", "degraded", "unready"])]
    checks: list[HealthCheckResponse]


class Problem(BaseModel):
    """An error as RFC 9457 describes it; `errors` names each bad parameter."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:rasika:problem:invalid-parameters",
                    "title": "Invalid parameters",
                    "status": 422,
                    "detail": "limit: Input should be less than or equal to 100",
                    "instance": "/api/search",
                    "errors": [
                        {
                            "field": "limit",
                            "message": "Input should be less than or equal to 100",
                            "got": "1000",
                        }
                    ],
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    errors: list[dict[str, str]] | None = None
