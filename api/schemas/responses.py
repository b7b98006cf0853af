"""Base of response models, lists, and their JSON."""

from typing import Generic, TypeVar

from fastapi import Response
from pydantic import BaseModel, ConfigDict

Item = TypeVar("Item")


class ResponseModel(BaseModel):
    """Any answer; made from rows and dataclasses as well."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class ListResponse(ResponseModel, Generic[Item]):
    """A page of a list; `total` is none where counting would cost more than it tells."""

    items: list[Item]
    total: int | None
    limit: int
    offset: int


def json_response(answer: ResponseModel) -> Response:
    """Return an answer that was made here as JSON, at once.

    What a route returns as it is, FastAPI checks again, in a thread of its own.
    """
    return Response(answer.__pydantic_serializer__.to_json(answer), media_type="application/json")


def private_json_response(answer: ResponseModel) -> Response:
    """Return an answer that is one person's, which no cache may keep."""
    response = json_response(answer)
    response.headers["Cache-Control"] = "no-store"
    return response
