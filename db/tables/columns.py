"""Column types and defaults that the tables share."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import DateTime, Enum
from sqlmodel import Field


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


def timestamp(*, nullable: bool = False, **column: Any) -> Any:
    """Return a field of a moment with its time zone."""
    return Field(
        default=None if nullable else ...,
        sa_type=DateTime(timezone=True),
        nullable=nullable,
        **column,
    )
