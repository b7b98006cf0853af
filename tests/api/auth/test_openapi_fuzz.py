"""Whatever fits the OpenAPI document, or nearly, is answered as it says, and never failed."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok

from tests.viewer_clients import ViewerFactory, viewer_factory
from vocabulary.kinds import Role

MALFORMED_REQUEST_TEXT = (
    "Invalid HTTP request received."  # uvicorn's own answer, to addresses of 64 KiB
)
EXAMPLES_PER_OPERATION = 5  # of each operation, sender and mode
# Would leave the rest without a token; `tests.api.test_access_control` asks for them.
LOGOUT_OPERATIONS = {
    "POST /api/auth/logout",
    "POST /api/auth/logout-everywhere",
    "DELETE /api/user/profile",
}


@pytest.fixture
def viewers(app: FastAPI, client: httpx.Client) -> Iterator[ViewerFactory]:
    with viewer_factory(app, client.base_url) as found:
        yield found


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("role", [None, Role.USER, Role.ADMIN])
def test_no_request_makes_the_service_fail(
    viewers: ViewerFactory, role: Role | None, mode: GenerationMode
) -> None:
    browser = viewers.anonymous_client() if role is None else viewers.with_account(role=role).http
    headers = {name: value for name, value in browser.headers.items() if name == "authorization"}
    document = viewers.app.openapi()
    described = schemathesis.openapi.from_dict(document)
    asked, failed = 0, list[str]()
    with requests.Session() as program:
        for each in described.get_all_operations():
            assert isinstance(each, Ok)
            operation = each.ok()
            if operation.label in LOGOUT_OPERATIONS or not is_relevant(operation.path, role):
                continue

            @seed(7)
            @settings(
                max_examples=EXAMPLES_PER_OPERATION,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: Case[Any]) -> None:
                nonlocal asked
                response = case.call(
                    base_url=str(browser.base_url).rstrip("/"),
                    session=program,
                    headers=headers,
                    allow_redirects=False,
                )
                if response.text == MALFORMED_REQUEST_TEXT:
                    return
                asked += 1
                if response.status_code >= 500 or not is_documented(
                    document, case, response.status_code
                ):
                    failed.append(f"{response.status_code} {case.as_curl_command()}")

            with suppress(Unsatisfiable):  # where nothing is sent nothing can be wrong
                ask()
    assert failed == []
    assert asked > EXAMPLES_PER_OPERATION


def is_documented(document: dict[str, Any], case: Case[Any], status: int) -> bool:
    """Tell whether the document knows of an answer; an odd address may be nobody's."""
    path, method = case.operation.path, case.operation.method
    known = document["paths"][path][method]["responses"]
    return str(status) in known or (status in (404, 405) and "{" in path)


def is_relevant(path: str, role: Role | None) -> bool:
    """Tell whether an operation knows the sender from others."""
    personal = path.startswith(("/api/user", "/api/auth", "/api/recommendations/personalized"))
    return path.startswith("/api/admin") if role is Role.ADMIN else role is None or personal
