"""Errors as RFC 9457 problem details."""

from pydantic import BaseModel, ConfigDict


class Problem(BaseModel):
    """An error (RFC 9457); `errors` lists the invalid parameters."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:rasika:problem:invalid-parameters",
                    "title": "Invalid parameters",
                    "status": 422,
                    "detail": "limit: Input should be less than or equal to 100",
                    "instance": "/api/search",
                    "errors": [
                        {
                            "field": "limit",
                            "message": "Input should be less than or equal to 100",
                            "got": "1000",
                        }
                    ],
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    errors: list[dict[str, str]] | None = None
