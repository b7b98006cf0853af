"""Tables of searches, the titles opened from them, and the popular ones."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Index
from sqlmodel import Field, SQLModel


class SearchQuery(SQLModel, table=True):
    """A search with a text; deleted after a while (see `db.searches`)."""

    __tablename__ = "search_query"
    __table_args__ = (
        Index("ix_search_query_visitor", "visitor_id", "at"),
        Index("ix_search_query_at", "at"),
    )

    id: UUID = Field(primary_key=True)  # sent with the results, so that a click can name it
    visitor_id: UUID | None = None
    recognised: bool  # the request carried our cookie, which crawlers do not send back
    text: str
    folded: str  # `fold` of the text, cut to a maximum length
    region: str  # ISO 3166
    results: int  # titles on the first page
    degraded: bool
    relaxed: bool  # no title matched everything in the text
    took_ms: float
    at: datetime = Field(sa_type=DateTime(timezone=True))


class SearchClick(SQLModel, table=True):
    """A title opened from search results; deleted with the search."""

    __tablename__ = "search_click"
    __table_args__ = (Index("ix_search_click_search_id", "search_id"),)

    id: UUID = Field(
        primary_key=True
    )  # chosen by the client, so that a repeated request counts once
    search_id: UUID = Field(foreign_key="search_query.id", ondelete="CASCADE")
    title_id: int  # no foreign key: the title may have been deleted
    position: int  # from 1
    at: datetime = Field(sa_type=DateTime(timezone=True))


class PopularSearch(SQLModel, table=True):
    """The popular searches of a region, the most frequent first; rewritten by a scheduled job."""

    __tablename__ = "popular_search"

    region: str = Field(primary_key=True)  # ISO 3166; a country includes its states
    position: int = Field(primary_key=True)
    text: str
