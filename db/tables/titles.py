"""Tables of titles and of what belongs to them.

Lists that belong to a title (names, credits, genres …) are tables of their own, deleted with it.
Table classes do not validate: `catalog.importer` makes rows from a checked record.
"""

from datetime import date, datetime
from typing import Any

from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import Column, DateTime, Index
from sqlmodel import Field, Relationship, SQLModel

from db.tables.columns import enum_column, utc_now
from vocabulary.kinds import Kind, NameKind, ScopeKind, Space

EVERY_REGION = ""  # availability whose source names no region


def _title_id_key() -> Any:
    return Field(foreign_key="title.id", primary_key=True, ondelete="CASCADE")


def _title_rows(*, order_by: str | None = None) -> Any:
    """Return a relationship whose rows are deleted with their title."""
    return Relationship(
        back_populates="of",
        sa_relationship_kwargs={
            "cascade": "all, delete-orphan",
            "passive_deletes": True,
            "order_by": order_by,
        },
    )


class Title(SQLModel, table=True):
    """One work: a film, a series or an anime."""

    __table_args__ = (
        Index("ix_title_identity", "folded", "year", "kind"),
        Index("ix_title_votes", "votes"),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: Kind = Field(sa_type=enum_column(Kind))
    title: str
    original_title: str | None = None
    original_language: str | None = None  # ISO 639-1
    # `fold` of the title; with year and kind it identifies a title that no external id does.
    folded: str
    release_date: date | None = None
    year: int | None = None
    end_year: int | None = None
    runtime_minutes: int | None = None
    episodes: int | None = None
    tagline: str | None = None
    format: str | None = None  # as the source says: TV, OVA, Movie …
    adult: bool = False
    certificate: str | None = None  # as printed: UA, PG-13, TV-MA …
    minimum_age: int | None = None  # years, what the certificate asks for
    rating: float | None = None  # 0..10, weighted over sources
    votes: int = 0  # summed over sources
    source: str | None = None  # the first source of the title, which may correct it
    created_at: datetime = Field(default_factory=utc_now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=utc_now, sa_type=DateTime(timezone=True))

    names: list["TitleName"] = _title_rows(order_by="TitleName.position")
    synopses: list["Synopsis"] = _title_rows()
    credits: list["Credit"] = _title_rows(order_by="Credit.position")
    genres: list["TitleGenre"] = _title_rows()
    keywords: list["TitleKeyword"] = _title_rows()
    countries: list["TitleCountry"] = _title_rows()
    languages: list["TitleLanguage"] = _title_rows()
    warnings: list["ContentWarning"] = _title_rows()
    ratings: list["Rating"] = _title_rows()
    external_ids: list["ExternalId"] = _title_rows()
    images: list["Image"] = _title_rows(order_by="Image.position")
    videos: list["Video"] = _title_rows(order_by="Video.position")
    availability: list["Availability"] = _title_rows()


class TitleName(SQLModel, table=True):
    """One of the names a title goes by."""

    __tablename__ = "title_name"
    __table_args__ = (
        Index("ix_title_name_folded", "folded"),
        Index(
            "ix_title_name_trigram",
            "folded",
            postgresql_using="gin",
            postgresql_ops={"folded": "gin_trgm_ops"},
        ),
    )

    title_id: int = _title_id_key()
    position: int = Field(primary_key=True)
    name: str
    language: str | None = None  # ISO 639-1
    script: str  # ISO 15924: Latn, Telu, Taml, Deva, Knda, Mlym …
    kind: NameKind = Field(sa_type=enum_column(NameKind))
    folded: str
    of: Title = Relationship(back_populates="names")


class Synopsis(SQLModel, table=True):
    """What a title is about, in one language."""

    title_id: int = _title_id_key()
    language: str = Field(primary_key=True)
    text: str
    source: str | None = None
    of: Title = Relationship(back_populates="synopses")


class Person(SQLModel, table=True):
    """A member of cast or crew; one row per folded name until sources tell namesakes apart."""

    id: int | None = Field(default=None, primary_key=True)
    name: str
    folded: str = Field(unique=True)


class Credit(SQLModel, table=True):
    """A person's part in a title, in billing order."""

    __table_args__ = (Index("ix_credit_person_id", "person_id"),)

    title_id: int = _title_id_key()
    position: int = Field(primary_key=True)
    person_id: int | None = Field(default=None, nullable=False, foreign_key="person.id")
    job: str
    character: str | None = None
    of: Title = Relationship(back_populates="credits")
    person: Person = Relationship()


class TitleGenre(SQLModel, table=True):
    """A genre, as a canonical slug of `catalog.genres`; the most important first."""

    __tablename__ = "title_genre"
    __table_args__ = (Index("ix_title_genre_genre", "genre"),)

    title_id: int = _title_id_key()
    genre: str = Field(primary_key=True)
    position: int
    of: Title = Relationship(back_populates="genres")


class TitleKeyword(SQLModel, table=True):
    """A motif, a setting or an element of the plot."""

    __tablename__ = "title_keyword"

    title_id: int = _title_id_key()
    keyword: str = Field(primary_key=True)
    of: Title = Relationship(back_populates="keywords")


class TitleCountry(SQLModel, table=True):
    """Where a title was made (ISO 3166-1)."""

    __tablename__ = "title_country"

    title_id: int = _title_id_key()
    country: str = Field(primary_key=True)
    of: Title = Relationship(back_populates="countries")


class TitleLanguage(SQLModel, table=True):
    """A language a title was made in (ISO 639-1)."""

    __tablename__ = "title_language"
    __table_args__ = (Index("ix_title_language_language", "language"),)

    title_id: int = _title_id_key()
    language: str = Field(primary_key=True)
    of: Title = Relationship(back_populates="languages")


class ContentWarning(SQLModel, table=True):
    """A content warning."""

    __tablename__ = "content_warning"

    title_id: int = _title_id_key()
    warning: str = Field(primary_key=True)
    of: Title = Relationship(back_populates="warnings")


class Rating(SQLModel, table=True):
    """The rating of a title by the users of one source."""

    title_id: int = _title_id_key()
    source: str = Field(primary_key=True)
    score: float | None = None  # 0..scale
    scale: float = 10
    votes: int | None = None
    popularity: float | None = None  # the source's own scale, unbounded
    of: Title = Relationship(back_populates="ratings")


class ExternalId(SQLModel, table=True):
    """A title's identity in a source; a source's id belongs to one title."""

    __tablename__ = "external_id"
    __table_args__ = (Index("ix_external_id_title_id", "title_id"),)

    source: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    title_id: int | None = Field(
        default=None, nullable=False, foreign_key="title.id", ondelete="CASCADE"
    )
    of: Title = Relationship(back_populates="external_ids")


class Image(SQLModel, table=True):
    """A poster, backdrop or still."""

    title_id: int = _title_id_key()
    position: int = Field(primary_key=True)
    kind: str
    url: str
    language: str | None = None
    width: int | None = None  # pixels
    height: int | None = None  # pixels
    of: Title = Relationship(back_populates="images")


class Video(SQLModel, table=True):
    """A trailer, teaser or clip."""

    title_id: int = _title_id_key()
    position: int = Field(primary_key=True)
    kind: str
    url: str
    name: str | None = None
    language: str | None = None
    of: Title = Relationship(back_populates="videos")


class Availability(SQLModel, table=True):
    """Where a title can be watched."""

    __table_args__ = (Index("ix_availability_provider", "provider"),)

    title_id: int = _title_id_key()
    provider: str = Field(primary_key=True)
    region: str = Field(primary_key=True, default=EVERY_REGION)  # ISO 3166-1
    access: str = Field(primary_key=True, default="subscription")
    url: str | None = None
    of: Title = Relationship(back_populates="availability")


class SourceRecord(SQLModel, table=True):
    """The digest of the last record of a title from a source: the same record changes nothing."""

    __tablename__ = "source_record"

    title_id: int = _title_id_key()
    source: str = Field(primary_key=True)
    digest: str


class TitleVector(SQLModel, table=True):
    """A title's vector in a space, from one model; of any dimension, unit length.

    Half precision changes a cosine by about 1e-5, less than the difference between models, and
    engines in memory hold it exactly in half the space.
    """

    __tablename__ = "title_vector"
    __table_args__ = (Index("ix_title_vector_model", "space", "model"),)

    title_id: int = _title_id_key()
    space: Space = Field(sa_type=enum_column(Space), primary_key=True)
    model: str = Field(primary_key=True)
    text_hash: str  # of the document text: an unchanged text is not embedded again
    vector: Any = Field(sa_column=Column(HALFVEC(), nullable=False))


class Popularity(SQLModel, table=True):
    """How well known a title is within a scope, 0..1 (see `recommend.popularity`)."""

    title_id: int = _title_id_key()
    scope_kind: ScopeKind = Field(sa_type=enum_column(ScopeKind), primary_key=True)
    scope: str = Field(primary_key=True, default="")
    value: float
