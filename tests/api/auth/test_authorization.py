"""What administrators and curators may do, and others may not."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from api.app import create_app
from api.auth import login_cookies
from config.resources import Resources
from runtime.catalogue_view import CatalogueView
from tests.running_app import running_app
from tests.viewer_clients import ViewerFactory, viewer_factory
from vocabulary.kinds import Role

NEW_KEY, OLD_KEY = "the key of this year", "the key of last year"


@pytest.fixture
def viewers(app: FastAPI, client: httpx.Client) -> Iterator[ViewerFactory]:
    """Those who come to a service on this machine, without a secret key."""
    with viewer_factory(app, client.base_url) as found:
        yield found


@pytest.fixture
def viewers_with_secret_keys(
    seeded_resources: Resources, catalogue_view: CatalogueView
) -> Iterator[ViewerFactory]:
    """Those who come to a service with two secret keys."""
    settings = seeded_resources.settings.model_copy(
        update={"secret_key": SecretStr(f"{NEW_KEY}, {OLD_KEY}")}
    )
    app = create_app(replace(seeded_resources, settings=settings), catalogue_view)
    with running_app(app) as client, viewer_factory(app, client.base_url) as found:
        yield found


def admin_status(browser: httpx.Client, **headers: str) -> int:
    return browser.get("/api/admin/jobs/none", headers=headers).status_code


def moderation_status(browser: httpx.Client) -> int:
    return browser.get("/api/admin/reviews").status_code


@pytest.mark.parametrize(
    ("role", "administering", "moderating"),
    [(Role.USER, 403, 403), (Role.CURATOR, 403, 200), (Role.ADMIN, 404, 200)],
)
def test_a_role_allows_what_it_says_even_on_this_machine(
    viewers: ViewerFactory, role: Role, administering: int, moderating: int
) -> None:
    person = viewers.with_account(role=role)
    assert (admin_status(person.http), moderation_status(person.http)) == (
        administering,
        moderating,
    )


def test_who_says_nothing_administers_on_this_machine_alone(
    viewers: ViewerFactory, viewers_with_secret_keys: ViewerFactory
) -> None:
    assert admin_status(viewers.anonymous_client()) == 404
    assert admin_status(viewers.visitor().http) == 404
    assert admin_status(viewers_with_secret_keys.anonymous_client()) == 403


def test_each_secret_key_opens_and_so_does_an_administrator(
    viewers_with_secret_keys: ViewerFactory,
) -> None:
    assert (
        admin_status(viewers_with_secret_keys.anonymous_client(), authorization=f"Bearer {NEW_KEY}")
        == 404
    )
    assert (
        admin_status(viewers_with_secret_keys.anonymous_client(), authorization=f"Bearer {OLD_KEY}")
        == 404
    )
    assert (
        admin_status(
            viewers_with_secret_keys.anonymous_client(),
            authorization=f"Bearer {NEW_KEY}, {OLD_KEY}",
        )
        == 403
    )
    assert admin_status(viewers_with_secret_keys.with_account(role=Role.ADMIN).http) == 404
    assert admin_status(viewers_with_secret_keys.with_account(role=Role.USER).http) == 403


def test_an_administrator_signed_in_by_cookies_is_one(
    viewers_with_secret_keys: ViewerFactory,
) -> None:
    person = viewers_with_secret_keys.with_account(role=Role.ADMIN)
    token = person.http.headers.pop("authorization").removeprefix("Bearer ")
    person.http.cookies.set(login_cookies.ACCESS_COOKIE, token)
    assert admin_status(person.http) == 404


def test_a_token_that_is_good_no_more_is_told_as_such(
    viewers_with_secret_keys: ViewerFactory,
) -> None:
    person = viewers_with_secret_keys.with_account(role=Role.ADMIN)
    person.http.post("/api/auth/logout")
    assert admin_status(person.http) == 401
