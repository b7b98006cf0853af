"""The OpenAPI document: error responses as problem details, and authentication."""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI

from api.schemas.problems import Problem

ResponsesByStatus = dict[int | str, dict[str, Any]]


def problem_responses(descriptions: Mapping[int, str]) -> ResponsesByStatus:
    """Return the documentation of error responses by status."""
    responses: ResponsesByStatus = {
        status: {"model": Problem, "description": description}
        for status, description in descriptions.items()
    }
    return responses


DATABASE_UNAVAILABLE_RESPONSES = problem_responses(
    {503: "The database does not answer; try again."}
)
RATE_LIMITED_RESPONSES = problem_responses({429: "Too many attempts; wait for `Retry-After`."})
ADMINISTRATOR_RESPONSES = problem_responses({403: "Only for administrators."})
CURATOR_RESPONSES = problem_responses({403: "Only for curators and administrators."})
STORAGE_DECLINED_RESPONSES = problem_responses({403: "Do Not Track: nothing may be stored."})
TITLE_NOT_FOUND_RESPONSES = problem_responses({404: "There is no such title."})

PROBLEM_CONTENT = {"schema": {"$ref": "#/components/schemas/Problem"}}
PROBLEM_MEDIA_TYPE = "application/problem+json"
BEARER_SECURITY_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "description": "An access token of `POST /api/auth/login`; administrators' routes also take a "
    "secret key. Many routes need none, for visitors; browsers use cookies instead.",
}
SAFE_METHODS = ("get", "head")
PUBLIC_PATHS = ("/api/content/{id}/details",)  # these read no token
# Responses that any route of a kind can give; a route's own description of them comes first.
COMMON_RESPONSES = {"401": "The access token has expired or was revoked."}
WRITE_RESPONSES = {"403": "A page of another site sent this, or nothing may be stored."}
VIEWER_WRITE_RESPONSES = {"410": "The viewer's data was deleted a moment ago."}
BODY_RESPONSES = {"400": "The body is not JSON.", "413": "The body is too long."}
REMOVED_SCHEMAS = ("HTTPValidationError", "ValidationError")  # FastAPI's own form of a 422


def install_openapi(app: FastAPI) -> None:
    """Document the application's errors as problem details."""
    original = app.openapi

    def openapi_with_problems() -> dict[str, Any]:
        return _document_problems(original())

    app.openapi = openapi_with_problems  # type: ignore[method-assign]  # as FastAPI's documentation does it


def _document_problems(document: dict[str, Any]) -> dict[str, Any]:
    for path, method, operation in _operations(document):
        for status, meaning in _possible_responses(path, method, operation).items():
            response = {"description": meaning, "content": {"application/json": PROBLEM_CONTENT}}
            operation["responses"].setdefault(status, response)
    for status, documented in _responses(document):
        if status == "422":
            documented["description"] = "Invalid parameters, each named in `errors`."
        if (
            status == "422"
            or documented.get("content", {}).get("application/json") == PROBLEM_CONTENT
        ):
            documented["content"] = {PROBLEM_MEDIA_TYPE: PROBLEM_CONTENT}
    document["components"]["securitySchemes"] = {"bearer": BEARER_SECURITY_SCHEME}
    document["security"] = [{}, {"bearer": []}]
    for name in REMOVED_SCHEMAS:
        document["components"]["schemas"].pop(name, None)
    return document


def _possible_responses(path: str, method: str, operation: dict[str, Any]) -> dict[str, str]:
    if not path.startswith("/api/"):
        return {}
    writes = method not in SAFE_METHODS
    return {
        **({} if path in PUBLIC_PATHS else COMMON_RESPONSES),
        **(WRITE_RESPONSES if writes else {}),
        **(VIEWER_WRITE_RESPONSES if writes and not path.startswith("/api/admin/") else {}),
        **(BODY_RESPONSES if "requestBody" in operation else {}),
    }


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield path, method, operation


def _responses(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for _, _, operation in _operations(document):
        yield from operation["responses"].items()
