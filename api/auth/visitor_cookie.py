"""The signed cookie that recognises a visitor until they sign in.

Pages and the search history set it; other JSON routes only read it. With Do Not Track it is never
set (`api.auth.consent`).
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID, uuid4

from itsdangerous import BadSignature, Signer

from config.settings import Settings
from config.signing_keys import signing_keys

VISITOR_COOKIE = "rasika_visitor"
VISITOR_COOKIE_MAX_AGE_S = 365 * 86_400


@dataclass(frozen=True, slots=True)
class Visitor:
    """A viewer without an account."""

    id: UUID

    @classmethod
    def new(cls) -> "Visitor":
        """Return a visitor with a random id."""
        return cls(uuid4())


class VisitorCookies:
    """Signs and reads visitor cookies."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def read(self, cookie: str) -> Visitor | None:
        """Return the visitor; none if the cookie is forged or damaged."""
        try:
            return Visitor(UUID(bytes=bytes.fromhex(self._signer.unsign(cookie).decode())))
        except (BadSignature, ValueError):
            return None

    def sign(self, visitor: Visitor) -> str:
        """Return the cookie of a visitor."""
        return self._signer.sign(visitor.id.hex).decode()

    @cached_property
    def _signer(self) -> Signer:
        # At first use: without a configured key one is generated in the home folder.
        keys = [*reversed(signing_keys(self._settings))]  # the last one signs
        return Signer(keys, VISITOR_COOKIE, key_derivation="hmac", digest_method=hashlib.sha256)
