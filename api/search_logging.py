"""The log of searches: what is stored of a search after it is answered."""

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import uuid4

from fastapi import Depends, Request

from api.auth.consent import create_visitor, declines_storage, has_do_not_track
from api.auth.identity import Identity, LenientIdentityDep
from api.schemas.search import SearchResponse
from api.state import app_state
from db.searches import MAX_FOLDED_CHARACTERS, SearchLogEntry
from vocabulary.ids import Region
from vocabulary.name_folding import fold

MAX_STORED_TEXT_CHARACTERS = 500


def storable_text(text: str) -> str:
    """Return a text without what PostgreSQL cannot store: NUL and lone surrogates."""
    return (
        text.replace("\0", "")
        .encode("utf-8", "ignore")
        .decode()[:MAX_STORED_TEXT_CHARACTERS]
        .strip()
    )


def query_key(text: str) -> str:
    """Return the folded text under which searches are counted."""
    return fold(text)[:MAX_FOLDED_CHARACTERS]


@dataclass(frozen=True, slots=True)
class SearchLogger:
    """Logs the search of a request; `is_returning` is false for visitors without a cookie yet."""

    request: Request
    identity: Identity | None
    is_returning: bool = False
    started_at: float = field(default_factory=time.perf_counter)  # seconds

    def with_visitor(self) -> "SearchLogger":
        """Return the logger with a new visitor where there is none, unless with Do Not Track."""
        if self.identity or has_do_not_track(self.request):
            return self
        return replace(self, identity=create_visitor(self.request))

    def log_search(self, text: str, region: Region, response: SearchResponse) -> SearchResponse:
        """Log a search and return the response unchanged.

        Further pages are not logged, nor anything with Do Not Track. What one visitor types within
        seconds counts as one search, see `db.searches`.
        """
        stored_text = storable_text(text)
        if not stored_text or response.offset or declines_storage(self.request, self.identity):
            return response
        duration = timedelta(seconds=time.perf_counter() - self.started_at)
        entry = SearchLogEntry(
            id=uuid4(),
            visitor_id=self.identity.id if self.identity else None,
            recognised=self.is_returning,
            text=stored_text,
            folded=query_key(stored_text),
            region=region,
            results=len(response.items),
            degraded=bool(response.degraded),
            relaxed=bool(response.relaxed),
            took_ms=duration / timedelta(milliseconds=1),
            at=datetime.now(UTC) - duration,
        )
        app_state(self.request.app).search_log.add(entry)
        self.request.state.search_id = entry.id
        return response


async def _search_logger(request: Request, identity: LenientIdentityDep) -> SearchLogger:
    return SearchLogger(request, identity, is_returning=identity is not None)


SearchLoggerDep = Annotated[SearchLogger, Depends(_search_logger)]
