from datetime import timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from viewers.tokens import TokenPurpose, TokenSigner

NEW_KEY, OLD_KEY = b"the key of this year", b"the key of last year"
HOUR = timedelta(hours=1)


def test_a_token_is_valid_only_for_its_key_and_purpose() -> None:
    token = TokenSigner(lambda: [NEW_KEY]).sign(TokenPurpose.ACCESS, {"sub": "x"}, lifetime=HOUR)
    assert (TokenSigner(lambda: [NEW_KEY]).read(TokenPurpose.ACCESS, token) or {})["sub"] == "x"
    assert TokenSigner(lambda: [NEW_KEY]).read(TokenPurpose.REFRESH, token) is None
    assert TokenSigner(lambda: [OLD_KEY]).read(TokenPurpose.ACCESS, token) is None


def test_old_tokens_stay_valid_after_a_key_rotation() -> None:
    old = TokenSigner(lambda: [OLD_KEY]).sign(TokenPurpose.REFRESH, {"sub": "x"}, lifetime=HOUR)
    both = TokenSigner(lambda: [NEW_KEY, OLD_KEY])
    assert both.read(TokenPurpose.REFRESH, old) is not None
    new = both.sign(TokenPurpose.REFRESH, {"sub": "x"}, lifetime=HOUR)
    assert TokenSigner(lambda: [NEW_KEY]).read(TokenPurpose.REFRESH, new) is not None
    assert TokenSigner(lambda: [OLD_KEY]).read(TokenPurpose.REFRESH, new) is None


def test_a_token_expires() -> None:
    tokens = TokenSigner(lambda: [NEW_KEY])
    assert (
        tokens.read(TokenPurpose.ACCESS, tokens.sign(TokenPurpose.ACCESS, {}, lifetime=-HOUR))
        is None
    )


def test_claims_cannot_change_the_purpose_of_a_token() -> None:
    tokens = TokenSigner(lambda: [NEW_KEY])
    claims = {"aud": TokenPurpose.REFRESH.value, "iss": "me", "exp": "9999999999"}
    assert (
        tokens.read(TokenPurpose.REFRESH, tokens.sign(TokenPurpose.ACCESS, claims, lifetime=HOUR))
        is None
    )


@pytest.mark.parametrize(
    "token",
    [
        *("", ".", "..", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.", "\ud800.b.c", "ключ"),
        "a" * 10_000,
        jwt.encode({"alg": "HS256"}, {"sub": "x"}, OctKey.import_key("something else of 16 bytes")),
    ],
)
def test_foreign_tokens_are_invalid(token: str) -> None:
    assert TokenSigner(lambda: [NEW_KEY]).read(TokenPurpose.ACCESS, token) is None
