"""What becomes of requests that a server does not answer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from json import JSONDecodeError

import stamina
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from index.query import IndexUnavailable

MAX_WRITE_ATTEMPTS = 6  # of a write
WRITE_RETRY_TIMEOUT_S = 60.0  # with a server that is away, or asks to be left alone


@contextmanager
def translate_errors() -> Iterator[None]:
    """Tell in our own words that the server cannot be reached, or refuses."""
    try:
        yield
    except (UnexpectedResponse, ResponseHandlingException) as error:
        raise IndexUnavailable(_first_line(error)) from error
    except JSONDecodeError as error:
        raise IndexUnavailable("what answers is no Qdrant") from error


def write_with_retries(write: Callable[[], object]) -> None:
    """Write, again where the server did not confirm: it has the same effect once more."""
    attempts = stamina.retry_context(
        on=_is_transient, attempts=MAX_WRITE_ATTEMPTS, timeout=WRITE_RETRY_TIMEOUT_S, wait_max=10.0
    )
    for attempt in attempts:
        with attempt:
            write()


def is_collection_missing(error: Exception) -> bool:
    """Tell whether a failure means that the collection was swapped away."""
    if isinstance(error, UnexpectedResponse):
        return bool(error.status_code == 404)
    return str(error).endswith("not found")  # the client's local mode


def _is_transient(error: Exception) -> bool:
    """Tell whether a failure may be over soon: no answer, too much to do, a node away."""
    if isinstance(error, UnexpectedResponse):
        return error.status_code in (429, 500, 502, 503, 504)
    return isinstance(error, ResponseHandlingException)


def _first_line(error: Exception) -> str:
    """Return an error in one line."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
