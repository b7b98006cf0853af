"""Signing and reading tokens (JWT)."""

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from functools import cached_property

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey

ISSUER = "rasika"
SIGNING_ALGORITHM = "HS256"
KEY_ID_CHARACTERS = 12


class TokenPurpose(StrEnum):
    """What a token is for; a token is only valid for its purpose."""

    ACCESS = "rasika:access"
    REFRESH = "rasika:refresh"
    OIDC = "rasika:openid"


class TokenSigner:
    """Signs tokens with the first of several keys and accepts those signed with any of them.

    `keys` is called once, when the first token is signed or read.
    """

    def __init__(self, keys: Callable[[], Sequence[bytes]]) -> None:
        self._load_keys = keys

    def sign(self, purpose: TokenPurpose, claims: Mapping[str, str], *, lifetime: timedelta) -> str:
        """Return a signed token."""
        key = self._keys[purpose][0]
        now = int(time.time())
        own = {
            "iss": ISSUER,
            "aud": purpose.value,
            "iat": now,
            "exp": now + int(lifetime.total_seconds()),
        }
        return jwt.encode({"alg": SIGNING_ALGORITHM, "kid": key.kid}, {**claims, **own}, key)

    def read(self, purpose: TokenPurpose, token: str) -> dict[str, str] | None:
        """Return the claims of a token; none if it is forged, expired or for another purpose."""
        try:
            token_data = jwt.decode(
                token, KeySet(list(self._keys[purpose])), algorithms=[SIGNING_ALGORITHM]
            )
            _claims_registry(purpose).validate(token_data.claims)
        except (JoseError, ValueError):
            return None
        return {name: value for name, value in token_data.claims.items() if isinstance(value, str)}

    @cached_property
    def _keys(self) -> dict[TokenPurpose, tuple[OctKey, ...]]:
        keys = tuple(self._load_keys())
        return {
            purpose: tuple(_derive_key(key, purpose) for key in keys) for purpose in TokenPurpose
        }


def _claims_registry(purpose: TokenPurpose) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": purpose.value},
        exp={"essential": True},
    )


def _derive_key(key: bytes, purpose: TokenPurpose) -> OctKey:
    """Derive the key of a purpose; the other keys cannot be computed from it."""
    own = hmac.digest(key, purpose.value.encode(), hashlib.sha256)
    name = hmac.digest(own, b"kid", hashlib.sha256).hex()[:KEY_ID_CHARACTERS]
    return OctKey.import_key(own, {"kid": name})
