"""What routes are given.

All but `reading` are coroutines, for FastAPI sends each plain function to a thread of its own turn,
and what they do takes less than the way there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hmac import compare_digest
from ipaddress import ip_address
from typing import Annotated

from fastapi import Depends, Query, Request
from sqlmodel import Session

from api.auth import identity
from api.auth.visitor_cookie import Visitor, VisitorDep
from api.errors import InsufficientRole
from api.metrics import Metrics
from catalog import genres, languages
from config.resources import Resources
from db.engine import open_session
from index.query import Filter
from runtime.catalogue_view import CatalogueView
from vocabulary.kinds import Kind, Role

MAX_PAGE_SIZE = 100  # titles in one answer
MAX_OFFSET = 1000  # titles that can be skipped
MIN_FILTER_YEAR, MAX_FILTER_YEAR = 1870, 2100
MAX_PARAMETER_VALUES = 50  # of one repeated parameter


@dataclass(frozen=True, slots=True)
class Pagination:
    """Which part of a list is wanted."""

    limit: int
    offset: int

    @property
    def end(self) -> int:
        """How many titles must be ranked."""
        return self.limit + self.offset


TextListParam = Annotated[
    list[Annotated[str, Query(max_length=100)]], Query(max_length=MAX_PARAMETER_VALUES)
]


async def pagination(
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE)] = 20,
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET)] = 0,
) -> Pagination:
    """Return the wanted part of a list."""
    return Pagination(limit, offset)


async def filter(
    kind: Annotated[list[Kind], Query(description="any of")] = [],  # noqa: B006  # FastAPI copies it
    language: Annotated[
        TextListParam, Query(description="ISO 639-1, any of", examples=[["te"]])
    ] = [],  # noqa: B006
    genre: Annotated[TextListParam, Query(description="any of", examples=[["thriller"]])] = [],  # noqa: B006
    year_from: Annotated[int | None, Query(ge=MIN_FILTER_YEAR, le=MAX_FILTER_YEAR)] = None,
    year_to: Annotated[int | None, Query(ge=MIN_FILTER_YEAR, le=MAX_FILTER_YEAR)] = None,
    provider: Annotated[TextListParam, Query(description="any of; `netflix` or `netflix@IN`")] = [],  # noqa: B006
) -> Filter:
    """Return the filter that the query string asks for; repeated parameters are any-of."""
    return Filter(
        kinds=frozenset(kind),
        languages=frozenset(map(languages.normalise_code, _non_blank(language))),
        genres_any=genre_slugs(genre),
        year_from=year_from,
        year_to=year_to,
        providers=frozenset(map(_normalized_provider, _non_blank(provider))),
    )


def genre_slugs(names: Iterable[str]) -> frozenset[str]:
    """Return the genres that a filter asks for; a word that is none stays, and no title has it."""
    return frozenset(
        slug
        for name in _non_blank(names)
        for slug in genres.canonical_slugs(name) or [name.strip()]
    )


def _non_blank(values: Iterable[str]) -> Iterator[str]:
    return (value for value in values if value.strip())


def _normalized_provider(text: str) -> str:
    name, at, region = text.strip().partition("@")
    return f"{name.lower()}{at}{region.upper()}"


async def resources(request: Request) -> Resources:
    """Return the process's resources."""
    found: Resources = request.app.state.resources
    return found


async def catalogue_view(request: Request) -> CatalogueView:
    """Return what the process holds in memory."""
    found: CatalogueView = request.app.state.live
    return found


async def metrics(request: Request) -> Metrics:
    """Return the process's metrics."""
    found: Metrics = request.app.state.metrics
    return found


def database_session(resources: Annotated[Resources, Depends(resources)]) -> Iterator[Session]:
    """Yield a session for reading."""
    with open_session(resources.engine) as opened:
        yield opened


async def require_administrator(
    request: Request, resources: Annotated[Resources, Depends(resources)], visitor: VisitorDep
) -> None:
    """Let administrators through.

    They are the accounts with that role, and whoever presents a secret key as a bearer token.
    Without a secret key, whoever calls from this very machine and by its own name is one as well,
    but no page of another origin in a browser there, and nobody who says who he is.

    Raises `NotAdministrator`.
    """
    await _require_role(Role.ADMIN, request, resources, visitor)


async def require_curator(
    request: Request, resources: Annotated[Resources, Depends(resources)], visitor: VisitorDep
) -> None:
    """Let curators through, and administrators.

    Raises `NotAdministrator`.
    """
    await _require_role(Role.CURATOR, request, resources, visitor)


async def _require_role(
    minimum: Role, request: Request, resources: Resources, visitor: Visitor | None
) -> None:
    keys = resources.settings.secret_keys
    if _has_secret_key(request, keys):
        return
    asking = await identity.identify(request, visitor)
    if asking is not None and asking.role is not None:
        if not asking.role.includes(minimum):
            raise InsufficientRole(f"only accounts with the role of {minimum} may do this")
    elif keys:
        raise InsufficientRole("send RASIKA_SECRET_KEY as a bearer token, or sign in")
    elif not _is_local_request(request):
        raise InsufficientRole("sign in, or set RASIKA_SECRET_KEY to administer from elsewhere")


def _has_secret_key(request: Request, keys: Iterable[str]) -> bool:
    given = request.headers.get("authorization", "").encode()
    return any(compare_digest(given, f"Bearer {key}".encode()) for key in keys)


def _is_local_request(request: Request) -> bool:
    if request.client is None or "x-forwarded-for" in request.headers:
        return False
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
        return False
    # A page elsewhere may point its own name at this machine (DNS rebinding).
    return _is_loopback(request.client.host) and _is_loopback(request.url.hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


ResourcesDep = Annotated[Resources, Depends(resources)]
CatalogueViewDep = Annotated[CatalogueView, Depends(catalogue_view)]
MetricsDep = Annotated[Metrics, Depends(metrics)]
SessionDep = Annotated[Session, Depends(database_session, scope="function")]
PaginationDep = Annotated[Pagination, Depends(pagination)]
FilterDep = Annotated[Filter, Depends(filter)]
REQUIRE_ADMINISTRATOR = Depends(require_administrator)
REQUIRE_CURATOR = Depends(require_curator)
