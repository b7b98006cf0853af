"""Access by role, secret key and machine."""

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
    """Users of a service with `local_admin`."""
    with viewer_factory(app, client.base_url) as found:
        yield found


@pytest.fixture
def viewers_with_secret_keys(
    seeded_resources: Resources, catalogue_view: CatalogueView
) -> Iterator[ViewerFactory]:
    """Users of a service with two secret keys."""
    settings = seeded_resources.settings.model_copy(
        update={"secret_key": SecretStr(f"{NEW_KEY}, {OLD_KEY}"), "local_admin": False}
    )
    app = create_app(replace(seeded_resources, settings=settings), catalogue_view)
    with running_app(app) as client, viewer_factory(app, client.base_url) as found:
        yield found


def admin_status(browser: httpx.Client, **headers: str) -> int:
    return browser.get("/api/admin/jobs/none", headers=headers).status_code


def moderation_status(browser: httpx.Client) -> int:
    return browser.get("/api/admin/reviews").status_code


def test_without_a_key_this_machine_has_no_access_by_default(
    seeded_resources: Resources, catalogue_view: CatalogueView
) -> None:
    settings = seeded_resources.settings.model_copy(update={"local_admin": False})
    app = create_app(replace(seeded_resources, settings=settings), catalogue_view)
    with running_app(app) as client:
        assert admin_status(client) == 403
        assert moderation_status(client) == 403


@pytest.mark.parametrize(
    ("role", "administering", "moderating"),
    [(Role.USER, 403, 403), (Role.CURATOR, 403, 200), (Role.ADMIN, 404, 200)],
)
def test_a_role_limits_access_even_with_local_admin(
    viewers: ViewerFactory, role: Role, administering: int, moderating: int
) -> None:
    person = viewers.with_account(role=role)
    assert (admin_status(person.http), moderation_status(person.http)) == (
        administering,
        moderating,
    )


def test_local_admin_gives_access_without_a_key(
    viewers: ViewerFactory, viewers_with_secret_keys: ViewerFactory
) -> None:
    assert admin_status(viewers.anonymous_client()) == 404
    assert admin_status(viewers.visitor().http) == 404
    assert admin_status(viewers_with_secret_keys.anonymous_client()) == 403


def test_each_secret_key_and_administrators_have_access(
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


def test_administrator_can_use_cookies(
    viewers_with_secret_keys: ViewerFactory,
) -> None:
    person = viewers_with_secret_keys.with_account(role=Role.ADMIN)
    token = person.http.headers.pop("authorization").removeprefix("Bearer ")
    person.http.cookies.set(login_cookies.ACCESS_COOKIE, token)
    assert admin_status(person.http) == 404


def test_revoked_token_is_not_signed_in(
    viewers_with_secret_keys: ViewerFactory,
) -> None:
    person = viewers_with_secret_keys.with_account(role=Role.ADMIN)
    person.http.post("/api/auth/logout")
    assert admin_status(person.http) == 401
