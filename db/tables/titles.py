"""What PostgreSQL holds: titles and what belongs to them, and the searches that were asked.

Lists that belong to a title (names, credits, genres …) are tables of their own, deleted with it.
Table classes do not validate: rows are made by `catalog.importer` from a checked record.
"""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import BigInteger, Column, DateTime, Enum, Index, text
from sqlmodel import Field, Relationship, SQLModel

from vocabulary.kinds import Kind, NameKind, ScopeKind, Space

EVERY_REGION = ""  # availability whose source names no region


def utc_now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def enum_column(members: type[StrEnum]) -> Enum:
    """Return a text column type that reads back as the enumeration's members."""
    return Enum(
        members,
        native_enum=False,
        create_constraint=False,
        length=32,
        values_callable=lambda each: [member.value for member in each],
    )


def _title_id_key() -> Any:
    return Field(foreign_key="title.id", primary_key=True, ondelete="CASCADE")


def _title_rows(*, order_by: str | None = None) -> Any:
    """Return a relationship whose rows live and die with their title."""
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
    folded: str  # `vocabulary.name_folding.fold` of the title: with year and kind, the identity of last resort
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
    source: str | None = None  # who told of it first, and may correct it
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
    """Somebody who works on titles; one row per folded name until sources tell namesakes apart."""

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
    """A genre, as a canonical slug of `catalog.genres`; the most telling first."""

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
    """What a viewer may want to be warned of."""

    __tablename__ = "content_warning"

    title_id: int = _title_id_key()
    warning: str = Field(primary_key=True)
    of: Title = Relationship(back_populates="warnings")


class Rating(SQLModel, table=True):
    """What one source's public thinks of a title."""

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
    """Where a title can be seen."""

    __table_args__ = (Index("ix_availability_provider", "provider"),)

    title_id: int = _title_id_key()
    provider: str = Field(primary_key=True)
    region: str = Field(primary_key=True, default=EVERY_REGION)  # ISO 3166-1
    access: str = Field(primary_key=True, default="subscription")
    url: str | None = None
    of: Title = Relationship(back_populates="availability")


class SourceRecord(SQLModel, table=True):
    """What a source last said of a title, as a digest: saying it again changes nothing."""

    __tablename__ = "source_record"

    title_id: int = _title_id_key()
    source: str = Field(primary_key=True)
    digest: str


class TitleVector(SQLModel, table=True):
    """A title's place in a space, as one model sees it; of any dimension, unit length.

    In half precision, which errs by less than models do (a cosine by some 1e-5): so engines in
    memory hold it exactly in half the room.
    """

    __tablename__ = "title_vector"
    __table_args__ = (Index("ix_title_vector_model", "space", "model"),)

    title_id: int = _title_id_key()
    space: Space = Field(sa_type=enum_column(Space), primary_key=True)
    model: str = Field(primary_key=True)
    text_hash: str  # of the document text: an equal text is not embedded again
    vector: Any = Field(sa_column=Column(HALFVEC(), nullable=False))


class Popularity(SQLModel, table=True):
    """How well known a title is within a scope, 0..1 (see `recommend.popularity`)."""

    title_id: int = _title_id_key()
    scope_kind: ScopeKind = Field(sa_type=enum_column(ScopeKind), primary_key=True)
    scope: str = Field(primary_key=True, default="")
    value: float


class Change(SQLModel, table=True):
    """One line of the log that indexes follow.

    Sequence numbers may commit out of order; transaction ids below the oldest running one cannot.
    Followers therefore read in the order (`transaction`, `position`), see `db.changes`.
    """

    __table_args__ = (Index("ix_change_order", "transaction", "position"),)

    position: int | None = Field(default=None, sa_column=Column(BigInteger, primary_key=True))
    transaction: int = Field(
        sa_column=Column(
            BigInteger,
            nullable=False,
            server_default=text("(pg_current_xact_id()::text)::bigint"),
        )
    )
    title_id: int  # no key: it may be gone
    at: datetime = Field(
        sa_column=Column(DateTime(timezone=True), nullable=False, server_default=text("now()"))
    )


class IndexCopy(SQLModel, table=True):
    """How far a search engine that several processes share has followed the change log."""

    __tablename__ = "index_copy"

    engine: str = Field(primary_key=True)
    transaction: int = Field(sa_type=BigInteger)
    position: int = Field(sa_type=BigInteger)
    seal: str = Field(sa_column_kwargs={"server_default": ""})
    built_from: str  # the models and the layout that its content was made with
    at: datetime = Field(sa_type=DateTime(timezone=True))  # when it was last known to be whole


class SearchQuery(SQLModel, table=True):
    """A search with a text, as somebody asked it; kept for a while (see `db.searches`)."""

    __tablename__ = "search_query"
    __table_args__ = (
        Index("ix_search_query_visitor", "visitor_id", "at"),
        Index("ix_search_query_at", "at"),
    )

    id: UUID = Field(primary_key=True)  # given when asked, so that a click can name it
    visitor_id: UUID | None = None
    recognised: bool  # the visitor brought the cookie of an earlier answer, as crawlers do not
    text: str
    folded: str  # `vocabulary.name_folding.fold` of the text, its beginning
    region: str  # ISO 3166
    results: int  # titles on the first page
    degraded: bool
    relaxed: bool  # nothing met all that the text was understood to ask
    took_ms: float
    at: datetime = Field(sa_type=DateTime(timezone=True))


class SearchClick(SQLModel, table=True):
    """A title that was opened from what a search found; gone with the search."""

    __tablename__ = "search_click"
    __table_args__ = (Index("ix_search_click_search_id", "search_id"),)

    id: UUID = Field(primary_key=True)  # the client's own, so that telling twice counts once
    search_id: UUID = Field(foreign_key="search_query.id", ondelete="CASCADE")
    title_id: int  # no key: it may be gone
    position: int  # from 1
    at: datetime = Field(sa_type=DateTime(timezone=True))


class PopularSearch(SQLModel, table=True):
    """What many ask for in a region, most asked first; written anew by a schedule."""

    __tablename__ = "popular_search"

    region: str = Field(primary_key=True)  # ISO 3166; a country's counts those of its states
    position: int = Field(primary_key=True)
    text: str
