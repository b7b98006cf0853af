"""Which errors end a command with one readable line instead of a traceback."""

from redis import RedisError
from sqlalchemy.exc import DBAPIError

from catalog.import_reader import UnreadableFile
from embedded.home_folder import EmbeddedServicesError
from embeddings.embedder import EmbedderUnavailable
from index.query import IndexUnavailable
from scripts.cli.console import CommandFailed

EXPECTED_ERRORS = (
    CommandFailed,
    EmbeddedServicesError,
    EmbedderUnavailable,
    IndexUnavailable,
    UnreadableFile,
)


def failure_message(error: Exception) -> str | None:
    """Return the line to print, or none for an error that is a bug."""
    if isinstance(error, DBAPIError):
        return f"PostgreSQL: {str(error.orig).strip().partition(chr(10))[0]}"
    if isinstance(error, RedisError):
        return f"Redis: {error}"
    return str(error) if isinstance(error, EXPECTED_ERRORS) else None
