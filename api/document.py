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
NOT_OURS = ("HTTPValidationError", "ValidationError")  # FastAPI's own form of a 422


def install(app: FastAPI) -> None:
    """Have an application describe its errors truly."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        return _with_problems(plain())

    app.openapi = described  # type: ignore[method-assign]  # as FastAPI's documentation does it


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
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


def _responses(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for operations in document["paths"].values():
        for operation in operations.values():
            yield from operation["responses"].items()
