"""Base of response models, lists, and their JSON."""

from typing import Generic, TypeVar

from fastapi import Response
from pydantic import BaseModel, ConfigDict

Item = TypeVar("Item")


class ResponseModel(BaseModel):
    """Base of all responses; also validates rows and dataclasses."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class ListResponse(ResponseModel, Generic[Item]):
    """A page of a list; `total` is null where counting would be too slow."""

    items: list[Item]
    total: int | None
    limit: int
    offset: int


def json_response(answer: ResponseModel) -> Response:
    """Return a model as JSON, without the second validation that FastAPI would do in a thread."""
    return Response(answer.__pydantic_serializer__.to_json(answer), media_type="application/json")


def private_json_response(answer: ResponseModel) -> Response:
    """Return a personal response, which must not be cached."""
    response = json_response(answer)
    response.headers["Cache-Control"] = "no-store"
    return response
