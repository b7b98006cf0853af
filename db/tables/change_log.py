"""Tables of the change log that indexes follow, and of how far shared engines have followed it."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, Index, text
from sqlmodel import Field, SQLModel


class Change(SQLModel, table=True):
    """One line of the change log that indexes follow.

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
    title_id: int  # no foreign key: the title may have been deleted
    at: datetime = Field(
        sa_column=Column(DateTime(timezone=True), nullable=False, server_default=text("now()"))
    )


class IndexCopy(SQLModel, table=True):
    """How far a search engine shared by several processes has followed the change log."""

    __tablename__ = "index_copy"

    engine: str = Field(primary_key=True)
    transaction: int = Field(sa_type=BigInteger)
    position: int = Field(sa_type=BigInteger)
    seal: str = Field(sa_column_kwargs={"server_default": ""})
    built_from: str  # the models and the layout of its content
    at: datetime = Field(sa_type=DateTime(timezone=True))  # when it was last known to be complete
