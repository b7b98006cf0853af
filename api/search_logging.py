"""What is kept of a search, once it is answered."""

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import uuid4

from fastapi import Depends, Request

from api.auth import visitor_cookie
from api.auth.identity import Identity, LenientIdentityDep, declines_storage
from api.schemas.titles import SearchResponse
from db.searches import MAX_FOLDED_CHARACTERS, SearchLogEntry
from runtime.search_log import SearchLog
from vocabulary.ids import Region
from vocabulary.name_folding import fold

MAX_STORED_TEXT_CHARACTERS = 500  # characters


def storable_text(text: str) -> str:
    """Return a text without what PostgreSQL cannot store, NUL and halves of characters."""
    return (
        text.replace("\0", "")
        .encode("utf-8", "ignore")
        .decode()[:MAX_STORED_TEXT_CHARACTERS]
        .strip()
    )


def query_key(text: str) -> str:
    """Return what a text is counted under."""
    return fold(text)[:MAX_FOLDED_CHARACTERS]


@dataclass(frozen=True, slots=True)
class SearchLogger:
    """A request that may search.

    `who` is none for whoever is not known to us; `recognised` is somebody who came before.
    """

    request: Request
    identity: Identity | None
    is_returning: bool = False
    started_at: float = field(default_factory=time.perf_counter)  # seconds

    def with_visitor(self) -> "SearchLogger":
        """Return the same of a visitor, a new one where there is none and who wants to be one."""
        if self.identity or visitor_cookie.has_do_not_track(self.request):
            return self
        return replace(self, identity=Identity(visitor_cookie.create_visitor(self.request).id))

    def log_search(self, text: str, region: Region, answer: SearchResponse) -> SearchResponse:
        """Return the answer as it is, and have the search kept.

        Not the further pages of one, nor anything of who asks us to keep nothing. One visitor's
        texts while he types are one search, see `db.searches`.
        """
        kept = storable_text(text)
        if not kept or answer.offset or declines_storage(self.request, self.identity):
            return answer
        took = timedelta(seconds=time.perf_counter() - self.started_at)
        search = SearchLogEntry(
            id=uuid4(),
            visitor_id=self.identity.id if self.identity else None,
            recognised=self.is_returning,
            text=kept,
            folded=query_key(kept),
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


async def search_logger(request: Request, identity: LenientIdentityDep) -> SearchLogger:
    """Return who asks."""
    return SearchLogger(request, identity, is_returning=identity is not None)


SearchLoggerDep = Annotated[SearchLogger, Depends(search_logger)]
