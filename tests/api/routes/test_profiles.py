"""What people say of themselves: kept whole or refused by name, theirs alone."""

from datetime import UTC, datetime
from uuid import uuid4

import httpx

from tests.viewer_clients import ViewerFactory

EMPTY_PROFILE: dict[str, object] = {
    "email": None,
    "name": None,
    "role": None,
    "birth_year": None,
    "region": None,
    "display_language": None,
    "languages": {},
    "favourite_genres": [],
    "disliked_genres": [],
    "personal_search": True,
    "created_at": None,
}
PROFILE_REQUEST = {
    "birth_year": 1990,
    "region": "in-ts",
    "display_language": "TE",
    "languages": {"te": 1.0, "hi": 0.5, "TE": 0.2},
    "favourite_genres": ["Sci-Fi", "thriller", "Thriller"],
    "disliked_genres": ["horror"],
    "personal_search": False,
}
STORED_PROFILE = {
    "birth_year": 1990,
    "region": "IN-TG",
    "display_language": "te",
    "languages": {"te": 1.0, "hi": 0.5},
    "favourite_genres": ["science-fiction", "thriller"],
    "disliked_genres": ["horror"],
    "personal_search": False,
}


def get_profile(browser: httpx.Client) -> dict[str, object]:
    answer = browser.get("/api/user/profile")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    found: dict[str, object] = answer.json()
    return found


def test_of_a_stranger_nothing_is_known_and_no_cookie_given(viewers: ViewerFactory) -> None:
    stranger = viewers.anonymous_client()
    assert get_profile(stranger) == EMPTY_PROFILE
    assert not stranger.cookies


def test_a_visitor_keeps_preferences_in_the_one_form(viewers: ViewerFactory) -> None:
    stranger = viewers.anonymous_client()
    answer = stranger.put("/api/user/profile", json=PROFILE_REQUEST)
    assert answer.status_code == 200, answer.text
    found = get_profile(stranger)
    assert found == answer.json()
    assert found == EMPTY_PROFILE | STORED_PROFILE | {"created_at": found["created_at"]}
    assert get_profile(viewers.visitor().http) == EMPTY_PROFILE


def test_an_account_keeps_a_name_too_and_neither_e_mail_nor_role_can_be_put(
    viewers: ViewerFactory,
) -> None:
    asha = viewers.with_account(name="Asha")
    assert get_profile(asha.http)["name"] == "Asha"
    told = {**PROFILE_REQUEST, "name": "  Asha Rao ", "email": "other@example.com", "role": "admin"}
    assert asha.http.put("/api/user/profile", json=told).status_code == 200
    found = get_profile(asha.http)
    assert (found["name"], found["email"], found["role"]) == ("Asha Rao", asha.email, "user")


def test_what_is_put_replaces_what_was(viewers: ViewerFactory) -> None:
    browser = viewers.with_account(name="Asha").http
    browser.put("/api/user/profile", json=PROFILE_REQUEST)
    browser.put("/api/user/profile", json={"languages": ["ta", "cn"]})
    found = get_profile(browser)
    assert found["languages"] == {"ta": 1.0, "zh": 1.0}
    assert (found["name"], found["birth_year"], found["favourite_genres"]) == (None, None, [])
    assert browser.put("/api/user/profile", json=found).status_code == 200
    assert get_profile(browser) == found


INVALID_PROFILES: list[tuple[dict[str, object], str]] = [
    ({"birth_year": 1899}, "birth_year"),
    ({"birth_year": datetime.now(UTC).year + 1}, "birth_year"),
    ({"birth_year": 1990.5}, "birth_year"),
    ({"region": "Telangana"}, "region"),
    ({"region": "\0"}, "region"),
    ({"display_language": "ja"}, "display_language"),
    ({"languages": {"te": 1.1}}, "languages.te"),
    ({"languages": {"te": "NaN"}}, "languages.te"),
    ({"languages": {"te": -0.1}}, "languages.te"),
    ({"languages": {"telugu": 1}}, "languages"),
    ({"languages": ["te", "qq"]}, "languages"),
    ({"languages": ["und"]}, "languages"),
    ({"languages": [None]}, "languages"),
    ({"languages": {f"{n}": 1 for n in range(51)}}, "languages"),
    ({"languages": "te"}, "languages"),
    ({"favourite_genres": ["thrillers of the third kind"]}, "favourite_genres"),
    ({"favourite_genres": ["awards"]}, "favourite_genres"),
    ({"favourite_genres": ["drama"] * 1000}, "favourite_genres"),
    ({"favourite_genres": ["Drama"], "disliked_genres": ["tv dramas"]}, "disliked_genres"),
    ({"personal_search": "perhaps"}, "personal_search"),
    ({"name": "x" * 101}, "name"),
    ({"name": "two\nlines"}, "name"),
    ({"name": "nul\0"}, "name"),
]


def test_what_cannot_be_is_refused_by_name_and_changes_nothing(viewers: ViewerFactory) -> None:
    browser = viewers.visitor().http
    for said, field in INVALID_PROFILES:
        answer = browser.put("/api/user/profile", json={**PROFILE_REQUEST, **said})
        assert answer.status_code == 422, said
        assert [each["field"] for each in answer.json()["errors"]] == [field]
    assert get_profile(browser) == EMPTY_PROFILE


def test_an_odd_body_is_refused(viewers: ViewerFactory) -> None:
    browser = viewers.visitor().http
    for body in (b'{"name": "\\ud800"}', b"[]", b"null", b"\xff", b"{", b""):
        answer = browser.put(
            "/api/user/profile", content=body, headers={"content-type": "application/json"}
        )
        assert answer.status_code in (400, 422), body


def test_of_who_asks_that_nothing_be_kept_nothing_is_but_an_accounts(
    viewers: ViewerFactory,
) -> None:
    for wish in ({"dnt": "1"}, {"sec-gpc": "1"}):
        visitor = viewers.visitor_with_headers(uuid4(), wish).http
        answer = visitor.put("/api/user/profile", json=PROFILE_REQUEST)
        assert (answer.status_code, answer.json()["type"]) == (
            403,
            "urn:rasika:problem:nothing-kept",
        )
        member = viewers.with_account().http
        assert (
            member.put("/api/user/profile", json=PROFILE_REQUEST, headers=wish).status_code == 200
        )


def test_who_was_forgotten_a_moment_ago_cannot_write(viewers: ViewerFactory) -> None:
    visitor = viewers.visitor()
    late = viewers.visitor(visitor.id).http  # a request under way
    assert visitor.http.delete("/api/user/profile").status_code == 204
    assert not visitor.http.cookies
    answer = late.put("/api/user/profile", json=PROFILE_REQUEST)
    assert (answer.status_code, answer.json()["title"]) == (410, "Gone")
    assert get_profile(visitor.http) == EMPTY_PROFILE
