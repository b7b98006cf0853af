"""Validation errors as sentences."""

from collections.abc import Iterator

from pydantic import ValidationError

MAX_SHOWN_CHARACTERS = 60  # of a value or a name in a message


def describe_errors(error: ValidationError) -> Iterator[str]:
    """Yield the problems field by field, with the beginning of each invalid value."""
    for problem in error.errors(include_url=False, include_context=False):
        parts = (printable(str(part)) for part in problem["loc"] if part != "[key]")
        field = ".".join(parts) or "line"
        message = problem["msg"].removeprefix("Value error, ")
        shown = "" if problem["type"] == "missing" else f" (got {_shorten(problem['input'])})"
        yield f"{field}: {message}{shown}"


def printable(name: str) -> str:
    """Return a name as messages show it: escaped and shortened if need be."""
    return name if name.isprintable() and len(name) <= MAX_SHOWN_CHARACTERS else _shorten(name)


def _shorten(value: object) -> str:
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return text if len(text) <= MAX_SHOWN_CHARACTERS else f"{text[: MAX_SHOWN_CHARACTERS - 3]}..."
