"""Who asks: somebody with an account, a visitor with a cookie, or nobody we know."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from api import visitors
from api.visitors import VisitorDep, WelcomedDep
from db.kinds import Role


@dataclass(frozen=True, slots=True)
class Who:
    """A viewer, by his number; `role` is none without an account."""

    id: UUID
    role: Role | None = None

    @property
    def signed_in(self) -> bool:
        """Whether he has an account and is signed in to it."""
        return self.role is not None


async def who(visitor: VisitorDep) -> Who | None:
    """Return who asks; none for who brings neither a token nor a visitor's cookie."""
    return Who(visitor.id) if visitor else None


async def viewer(known: Annotated[Who | None, Depends(who)], welcomed: WelcomedDep) -> Who | None:
    """Return who asks, a new visitor with a cookie of his own if need be.

    None for who asks not to be followed (`DNT`, `Sec-GPC`) and has no account.
    """
    if known is not None:
        return known
    return Who(welcomed.id) if welcomed else None


def is_private(request: Request, asking: Who | None) -> bool:
    """Tell whether nothing may be kept of what is done: no account, and a browser that says so."""
    return not (asking and asking.signed_in) and visitors.is_private(request)


WhoDep = Annotated[Who | None, Depends(who)]
ViewerDep = Annotated[Who | None, Depends(viewer)]
