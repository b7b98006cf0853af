from datetime import timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from viewers.tokens import Tokens, Use

NEW, OLD = b"the key of this year", b"the key of last year"
HOUR = timedelta(hours=1)


def test_a_token_is_read_by_whoever_holds_the_key_and_for_its_use_alone() -> None:
    token = Tokens(lambda: [NEW]).sign(Use.ACCESS, {"sub": "x"}, lasts=HOUR)
    assert (Tokens(lambda: [NEW]).read(Use.ACCESS, token) or {})["sub"] == "x"
    assert Tokens(lambda: [NEW]).read(Use.REFRESH, token) is None
    assert Tokens(lambda: [OLD]).read(Use.ACCESS, token) is None


def test_after_a_change_of_keys_the_old_tokens_are_good_and_the_new_ones_need_the_new_key() -> None:
    old = Tokens(lambda: [OLD]).sign(Use.REFRESH, {"sub": "x"}, lasts=HOUR)
    both = Tokens(lambda: [NEW, OLD])
    assert both.read(Use.REFRESH, old) is not None
    new = both.sign(Use.REFRESH, {"sub": "x"}, lasts=HOUR)
    assert Tokens(lambda: [NEW]).read(Use.REFRESH, new) is not None
    assert Tokens(lambda: [OLD]).read(Use.REFRESH, new) is None


def test_a_token_expires() -> None:
    tokens = Tokens(lambda: [NEW])
    assert tokens.read(Use.ACCESS, tokens.sign(Use.ACCESS, {}, lasts=-HOUR)) is None


def test_nothing_that_is_claimed_changes_what_a_token_is_for() -> None:
    tokens = Tokens(lambda: [NEW])
    claims = {"aud": Use.REFRESH.value, "iss": "me", "exp": "9999999999"}
    assert tokens.read(Use.REFRESH, tokens.sign(Use.ACCESS, claims, lasts=HOUR)) is None


@pytest.mark.parametrize(
    "token",
    [
        *("", ".", "..", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.", "\ud800.b.c", "ключ"),
        "a" * 10_000,
        jwt.encode({"alg": "HS256"}, {"sub": "x"}, OctKey.import_key("something else of 16 bytes")),
    ],
)
def test_what_is_no_token_of_ours_says_nothing(token: str) -> None:
    assert Tokens(lambda: [NEW]).read(Use.ACCESS, token) is None
