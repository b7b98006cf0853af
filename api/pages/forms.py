"""Reading forms and addresses leniently, and their error texts."""

from fastapi import Request
from pydantic import ValidationError
from starlette.datastructures import FormData


def parse_number(text: str, *, maximum: int) -> int | None:
    """Return a non-negative number, None for other text and for one above the maximum.

    >>> [parse_number(text, maximum=9) for text in (" 007 ", "10", "-1")]
    (7, None, None)
    """
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit()):
        return None
    significant = digits.lstrip("0") or "0"
    if len(significant) > len(str(maximum)):
        return None  # also keeps `int` within its limit of 4,300 digits
    value = int(significant)
    return value if value <= maximum else None


async def read_form(request: Request) -> FormData:
    """Return the fields of a form."""
    return await request.form()


def text_values(form: FormData, field: str) -> list[str]:
    """Return the non-empty values of a field."""
    return [value for value in form.getlist(field) if isinstance(value, str) and value]


def errors_by_field(error: ValidationError) -> dict[str, str]:
    """Return the first error of each field as a sentence."""
    return {
        str(each["loc"][0]): as_sentence(each["msg"].removeprefix("Value error, "))
        for each in reversed(error.errors())
    }


def as_sentence(error: object) -> str:
    """Return an error text with a capital letter and a full stop.

    >>> as_sentence("must be a year")
    'Must be a year.'
    """
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
