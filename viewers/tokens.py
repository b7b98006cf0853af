"""Signed tokens: what a browser or a program carries and nobody else can write."""

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
ALGORITHM = "HS256"
KEY_ID_LETTERS = 12


class Use(StrEnum):
    """What a token is for; a token of one use is worth nothing for another."""

    ACCESS = "rasika:access"
    REFRESH = "rasika:refresh"
    OPENID = "rasika:openid"


class Tokens:
    """Signs tokens with the first of several keys, and reads those that any of them signed.

    `keys` is asked once, when the first token is signed or read.
    """

    def __init__(self, keys: Callable[[], Sequence[bytes]]) -> None:
        self._given = keys

    def sign(self, use: Use, claims: Mapping[str, str], *, lasts: timedelta) -> str:
        """Return a token that is good for a while."""
        key = self._keys[use][0]
        now = int(time.time())
        own = {"iss": ISSUER, "aud": use.value, "iat": now, "exp": now + int(lasts.total_seconds())}
        return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, {**claims, **own}, key)

    def read(self, use: Use, token: str) -> dict[str, str] | None:
        """Return a token's own claims; none for one that is forged, expired or for another use."""
        try:
            read = jwt.decode(token, KeySet(list(self._keys[use])), algorithms=[ALGORITHM])
            _required(use).validate(read.claims)
        except (JoseError, ValueError):
            return None
        return {name: value for name, value in read.claims.items() if isinstance(value, str)}

    @cached_property
    def _keys(self) -> dict[Use, tuple[OctKey, ...]]:
        given = tuple(self._given())
        return {use: tuple(_derived(key, use) for key in given) for use in Use}


def _required(use: Use) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": use.value},
        exp={"essential": True},
    )


def _derived(key: bytes, use: Use) -> OctKey:
    """Return the key of a use, from which neither the given one nor another use's follows."""
    own = hmac.digest(key, use.value.encode(), hashlib.sha256)
    name = hmac.digest(own, b"kid", hashlib.sha256).hex()[:KEY_ID_LETTERS]
    return OctKey.import_key(own, {"kid": name})
