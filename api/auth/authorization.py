"""Access for administrators and curators."""

from collections.abc import Iterable
from hmac import compare_digest
from ipaddress import ip_address

from fastapi import Depends, Request

from api.auth.identity import VisitorDep, identify
from api.auth.visitor_cookie import Visitor
from api.state import SettingsDep
from config.settings import Settings
from vocabulary.kinds import Role


class InsufficientRole(PermissionError):
    """The caller does not have the role that the route requires."""


async def require_administrator(
    request: Request, settings: SettingsDep, visitor: VisitorDep
) -> None:
    """Let administrators through: accounts with that role, or a secret key as bearer token.

    With `RASIKA_LOCAL_ADMIN`, requests from this machine need neither.

    Raises `InsufficientRole`.
    """
    await _require_role(Role.ADMIN, request, settings, visitor)


async def require_curator(request: Request, settings: SettingsDep, visitor: VisitorDep) -> None:
    """Let curators and administrators through.

    Raises `InsufficientRole`.
    """
    await _require_role(Role.CURATOR, request, settings, visitor)


async def _require_role(
    minimum: Role, request: Request, settings: Settings, visitor: Visitor | None
) -> None:
    if _has_secret_key(request, settings.secret_keys):
        return
    identity = await identify(request, visitor)
    if identity is not None and identity.role is not None:
        if not identity.role.includes(minimum):
            raise InsufficientRole(f"this needs an account with the role {minimum}")
    elif not (settings.local_admin and _is_local_request(request)):
        raise InsufficientRole(
            "sign in as an administrator, or send RASIKA_SECRET_KEY as a bearer token"
        )


def _has_secret_key(request: Request, keys: Iterable[str]) -> bool:
    header = request.headers.get("authorization", "").encode()
    return any(compare_digest(header, f"Bearer {key}".encode()) for key in keys)


def _is_local_request(request: Request) -> bool:
    if request.client is None or "x-forwarded-for" in request.headers:
        return False
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
        return False
    # The host name too: a foreign page can point its own name at this machine (DNS rebinding).
    return _is_loopback(request.client.host) and _is_loopback(request.url.hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


REQUIRE_ADMINISTRATOR = Depends(require_administrator)
REQUIRE_CURATOR = Depends(require_curator)
