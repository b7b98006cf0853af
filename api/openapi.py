"""The OpenAPI document, with errors as they are, problem details, and with who may ask."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

PROBLEM_CONTENT = {"schema": {"$ref": "#/components/schemas/Problem"}}
PROBLEM_MEDIA_TYPE = "application/problem+json"
BEARER_SECURITY_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "description": "An access token of `POST /api/auth/login`; operators' routes also take a "
    "secret key. Many routes do without, for visitors; browsers have cookies instead.",
}
SAFE_METHODS = ("get", "head")
PUBLIC_PATHS = ("/api/content/{id}/details", "/api/search/suggest")  # whoever asks
# What any route of a sort may answer; a route that says so itself says it better.
COMMON_RESPONSES = {"401": "The access token is good no more."}
WRITE_RESPONSES = {"403": "A page of another origin asks, or nothing may be kept."}
VIEWER_WRITE_RESPONSES = {"410": "All that was kept of who asks was deleted a moment ago."}
BODY_RESPONSES = {"400": "The body is no JSON.", "413": "The body is too long."}
REMOVED_SCHEMAS = ("HTTPValidationError", "ValidationError")  # FastAPI's own form of a 422


def install_openapi(app: FastAPI) -> None:
    """Have an application describe its errors truly."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        return _document_problems(plain())

    app.openapi = described  # type: ignore[method-assign]  # as FastAPI's documentation does it


def _document_problems(document: dict[str, Any]) -> dict[str, Any]:
    for path, method, operation in _operations(document):
        for status, meaning in _possible_responses(path, method, operation).items():
            told = {"description": meaning, "content": {"application/json": PROBLEM_CONTENT}}
            operation["responses"].setdefault(status, told)
    for status, response in _responses(document):
        if status == "422":
            response["description"] = "A parameter cannot be; `errors` names each."
        if (
            status == "422"
            or response.get("content", {}).get("application/json") == PROBLEM_CONTENT
        ):
            response["content"] = {PROBLEM_MEDIA_TYPE: PROBLEM_CONTENT}
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
