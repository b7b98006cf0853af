"""Records: one title from a source, validated and normalised.

Genres become canonical slugs, languages ISO 639-1 codes and countries ISO 3166-1 codes here, so
that the rest of the code sees only these.
"""

import hashlib
import re
from datetime import date
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from catalog import genres, languages
from catalog.certificates import parse_certificate
from vocabulary.kinds import Kind

UNSTORABLE_CHARACTERS = re.compile(r"[\x00\ud800-\udfff]")
"""What PostgreSQL's UTF-8 text cannot store: NUL and halves of surrogate pairs."""

MIN_TITLE_YEAR, MAX_TITLE_YEAR = 1870, 2100
REQUIRED_FIELDS = ("kind", "title")
MAX_RUNTIME_MINUTES = 60 * 100  # the longest films ever made run for days


def _check_storable(text: str) -> str:
    character = UNSTORABLE_CHARACTERS.search(text)
    if character:
        raise ValueError(f"contains U+{ord(character.group()):04X}, which cannot be stored")
    return text


def _normalise_language(value: object) -> object:
    return languages.normalise_code(value) if isinstance(value, str) else value


def _none_if_blank(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _none_if_zero(value: object) -> object:
    """Return none for a 0 that means unknown, as in TMDB's runtimes."""
    return None if value in (0, "0") and not isinstance(value, bool) else value


def _text_constraint(max_characters: int) -> Any:
    """Return a constraint: stripped, not empty, at most so many characters."""
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=max_characters)


Storable = AfterValidator(_check_storable)
NameText = Annotated[str, _text_constraint(500), Storable]
LongText = Annotated[str, _text_constraint(20_000), Storable]
ShortText = Annotated[str, _text_constraint(200), Storable]
Url = Annotated[str, _text_constraint(2_000), Storable]
Language = Annotated[
    str,
    BeforeValidator(_normalise_language),
    StringConstraints(pattern=r"^[a-z]{2,3}(-[a-z0-9]{2,8})*$", max_length=35),  # BCP 47, 4.4.1
]
Country = Annotated[str, StringConstraints(to_upper=True, pattern=r"^[A-Za-z]{2}$")]
ZeroIsNone = BeforeValidator(_none_if_zero)
Pixels = Annotated[int, Field(gt=0, le=100_000)]
Year = Annotated[int, Field(ge=MIN_TITLE_YEAR, le=MAX_TITLE_YEAR)]


class RecordPart(BaseModel):
    """A validated part of a record; unknown fields are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class PersonPart(RecordPart):
    """A credit: a person and their job in the title."""

    name: NameText
    job: ShortText = "actor"
    character: NameText | None = None


class RatingPart(RecordPart):
    """The rating by the users of one source; `score` is 0..`scale`."""

    source: ShortText
    score: Annotated[float, Field(ge=0)] | None = None
    scale: Annotated[float, Field(gt=0)] = 10
    votes: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    popularity: Annotated[float, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _within_scale(self) -> "RatingPart":
        if self.score is not None and self.score > self.scale:
            raise ValueError(f"score {self.score:g} is above the scale {self.scale:g}")
        return self


class AvailabilityPart(RecordPart):
    """Where the title can be watched; without a region, wherever the provider operates."""

    provider: Annotated[ShortText, StringConstraints(to_lower=True)]
    region: Country | None = None
    access: ShortText = "subscription"
    url: Url | None = None


class ImagePart(RecordPart):
    """A poster, backdrop or still; sizes in pixels."""

    kind: Annotated[str, StringConstraints(pattern="^(poster|backdrop|still|logo)$")] = "poster"
    url: Url
    language: Language | None = None
    width: Pixels | None = None
    height: Pixels | None = None


class VideoPart(RecordPart):
    """A trailer, teaser or clip."""

    kind: ShortText = "trailer"
    url: Url
    name: NameText | None = None
    language: Language | None = None


class Record(RecordPart):
    """One title from a source."""

    kind: Kind
    title: NameText
    original_title: NameText | None = None
    original_language: Annotated[Language | None, BeforeValidator(_none_if_blank)] = None
    languages: list[Language] = []
    names: dict[Language, NameText] = {}
    aliases: list[NameText] = []
    release_date: date | None = None
    year: Year | None = None
    end_year: Year | None = None
    runtime_minutes: Annotated[
        Annotated[int, Field(gt=0, le=MAX_RUNTIME_MINUTES)] | None, ZeroIsNone
    ] = None
    episodes: Annotated[Annotated[int, Field(gt=0, le=100_000)] | None, ZeroIsNone] = None
    genres: list[ShortText] = []
    keywords: list[ShortText] = []
    synopsis: dict[Language, LongText] = {}
    tagline: NameText | None = None
    people: list[PersonPart] = []
    countries: list[Country] = []
    country_names: list[ShortText] = []
    certificate: ShortText | None = None
    warnings: list[ShortText] = []
    ratings: list[RatingPart] = []
    popularity: Annotated[float, Field(ge=0)] | None = None  # the source's own scale
    external_ids: dict[ShortText, ShortText] = {}
    availability: list[AvailabilityPart] = []
    images: list[ImagePart] = []
    videos: list[VideoPart] = []
    format: ShortText | None = None
    adult: bool = False
    source: ShortText = "import"

    @field_validator("external_ids", mode="before")
    @classmethod
    def _ids_as_text(cls, value: object) -> object:
        if isinstance(value, dict):
            return {key: str(each) for key, each in value.items() if each not in (None, "")}
        return value

    @field_validator("names", "synopsis", mode="before")
    @classmethod
    def _without_blanks(cls, value: object) -> object:
        if isinstance(value, dict):
            return {key: each for key, each in value.items() if _none_if_blank(each) is not None}
        return value

    @field_validator("genres")
    @classmethod
    def _canonical_genres(cls, value: list[str]) -> list[str]:
        return genres.merged_canonical_slugs(value)

    @model_validator(mode="before")
    @classmethod
    def _drop_blanks(cls, data: object) -> object:
        """Drop null and blank fields; fill in the year from the release date."""
        if not isinstance(data, dict):
            return data
        fields = {
            field: value
            for field, value in data.items()
            if field in REQUIRED_FIELDS or _none_if_blank(value) is not None
        }
        year = str(fields.get("release_date", ""))[:4]
        if not fields.get("year") and year.isascii() and year.isdecimal():
            fields["year"] = year
        return fields

    @property
    def minimum_age(self) -> int | None:
        """The minimum age of the certificate, in years."""
        return parse_certificate(self.certificate)[1] if self.certificate else None

    @property
    def all_languages(self) -> list[str]:
        """The languages the title was made in, the original one first."""
        first = [self.original_language] if self.original_language else []
        return list(dict.fromkeys([*first, *self.languages]))

    @property
    def all_countries(self) -> list[str]:
        """The countries, including those given by a known name."""
        named = [languages.country_code(name) for name in self.country_names]
        return list(dict.fromkeys([*self.countries, *(code for code in named if code)]))

    @property
    def is_adult(self) -> bool:
        """Whether the title is shown on request only."""
        return self.adult or not genres.EXPLICIT_GENRES.isdisjoint(self.genres)

    def digest(self) -> str:
        """Return a hash of all fields; equal records have equal digests."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:32]
