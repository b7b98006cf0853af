import pytest

from config.log_redaction import REDACTED, redact_secrets


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("password", "mango"), ("new_password", "x"), ("access_token", "x"), ("email", "x")),
        *(("Authorization", "x"), ("cookie", "x"), ("set_cookie", "x"), ("client_secret", "x")),
        *(("tmdb_api_key", "x"), ("e_mail", ["x"]), ("tokens", {"a": "b"})),
    ],
)
def test_a_field_that_is_named_as_a_secret_is_dropped(name: str, value: object) -> None:
    assert redact_secrets(None, "info", {name: value}) == {name: REDACTED}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Key (email)=(asha@example.co.in) already exists", "Key (email)=(…) already exists"),
        ("got eyJ0eXAiOiJKV1Qi.eyJzdWIiOiJ4In0.NFA4-_yz", "got …"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer …"),
        ("postgresql://me:s3cret@db/films", "postgresql://…@db/films"),
        ("title 7 @ 19:00, 1.5 s", "title 7 @ 19:00, 1.5 s"),
        ("యీగ (2012)", "యీగ (2012)"),
    ],
)
def test_what_looks_like_a_secret_is_dropped_wherever_it_is(text: str, left: str) -> None:
    line = {"event": text, "found": [text, {"error": text}], "titles": 3}
    assert redact_secrets(None, "info", line) == {
        "event": left,
        "found": [left, {"error": left}],
        "titles": 3,
    }
