"""What is kept of a search, once it is answered."""

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import uuid4

from fastapi import Depends, Request

from api.auth import visitor_cookie
from api.auth.identity import AnybodyDep, Who, is_private
from api.schemas.titles import SearchAnswer
from db.searches import MAX_FOLDED_CHARACTERS, SearchLogEntry
from index.query import Region
from runtime.search_log import SearchLog
from vocabulary.name_folding import fold

TEXT_KEPT = 500  # characters


def storable(text: str) -> str:
    """Return a text without what PostgreSQL cannot store, NUL and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()[:TEXT_KEPT].strip()


def key(text: str) -> str:
    """Return what a text is counted under."""
    return fold(text)[:MAX_FOLDED_CHARACTERS]


@dataclass(frozen=True, slots=True)
class Asking:
    """A request that may search.

    `who` is none for whoever is not known to us; `recognised` is somebody who came before.
    """

    request: Request
    who: Who | None
    recognised: bool = False
    began: float = field(default_factory=time.perf_counter)  # seconds

    def welcomed(self) -> "Asking":
        """Return the same of a visitor, a new one where there is none and who wants to be one."""
        if self.who or visitor_cookie.is_private(self.request):
            return self
        return replace(self, who=Who(visitor_cookie.welcome(self.request).id))

    def noted(self, text: str, region: Region, answer: SearchAnswer) -> SearchAnswer:
        """Return the answer as it is, and have the search kept.

        Not the further pages of one, nor anything of who asks us to keep nothing. One visitor's
        texts while he types are one search, see `db.searches`.
        """
        kept = storable(text)
        if not kept or answer.offset or is_private(self.request, self.who):
            return answer
        took = timedelta(seconds=time.perf_counter() - self.began)
        search = SearchLogEntry(
            id=uuid4(),
            visitor_id=self.who.id if self.who else None,
            recognised=self.recognised,
            text=kept,
            folded=key(kept),
            region=region,
            results=len(answer.items),
            degraded=bool(answer.degraded),
            relaxed=bool(answer.relaxed),
            took_ms=took / timedelta(milliseconds=1),
            at=datetime.now(UTC) - took,
        )
        log: SearchLog = self.request.app.state.search_log
        log.add(search)
        self.request.state.search_id = search.id
        return answer


async def asking(request: Request, known: AnybodyDep) -> Asking:
    """Return who asks."""
    return Asking(request, known, recognised=known is not None)


AskingDep = Annotated[Asking, Depends(asking)]
