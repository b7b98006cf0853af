"""The OpenAPI document, with errors as they are, problem details, and with who may ask."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

PROBLEM = {"schema": {"$ref": "#/components/schemas/Problem"}}
PROBLEM_TYPE = "application/problem+json"
BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "An access token of `POST /api/auth/login`; operators' routes also take a "
    "secret key. Many routes do without, for visitors; browsers have cookies instead.",
}
SAFE = ("get", "head")
ALIKE = ("/api/content/{id}/details", "/api/search/suggest")  # whoever asks
# What any route of a sort may answer; a route that says so itself says it better.
TO_ANYBODY = {"401": "The access token is good no more."}
TO_WRITERS = {"403": "A page of another origin asks, or nothing may be kept."}
TO_VIEWERS = {"410": "All that was kept of who asks was deleted a moment ago."}
TO_SENDERS = {"400": "The body is no JSON.", "413": "The body is too long."}
NOT_OURS = ("HTTPValidationError", "ValidationError")  # FastAPI's own form of a 422


def install(app: FastAPI) -> None:
    """Have an application describe its errors truly."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        return _with_problems(plain())

    app.openapi = described  # type: ignore[method-assign]  # as FastAPI's documentation does it


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    for path, method, operation in _operations(document):
        for status, meaning in _possible(path, method, operation).items():
            told = {"description": meaning, "content": {"application/json": PROBLEM}}
            operation["responses"].setdefault(status, told)
    for status, response in _responses(document):
        if status == "422":
            response["description"] = "A parameter cannot be; `errors` names each."
        if status == "422" or response.get("content", {}).get("application/json") == PROBLEM:
            response["content"] = {PROBLEM_TYPE: PROBLEM}
    document["components"]["securitySchemes"] = {"bearer": BEARER}
    document["security"] = [{}, {"bearer": []}]
    for name in NOT_OURS:
        document["components"]["schemas"].pop(name, None)
    return document


def _possible(path: str, method: str, operation: dict[str, Any]) -> dict[str, str]:
    if not path.startswith("/api/"):
        return {}
    writes = method not in SAFE
    return {
        **({} if path in ALIKE else TO_ANYBODY),
        **(TO_WRITERS if writes else {}),
        **(TO_VIEWERS if writes and not path.startswith("/api/admin/") else {}),
        **(TO_SENDERS if "requestBody" in operation else {}),
    }


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield path, method, operation


def _responses(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for _, _, operation in _operations(document):
        yield from operation["responses"].items()
