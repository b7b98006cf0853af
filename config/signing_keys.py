"""The keys that sign cookies and tokens."""

import os
import secrets
import tempfile
from pathlib import Path

import structlog

from config.settings import Settings

KEY_BYTES = 32
KEY_FILE = "signing.key"

log = structlog.get_logger()


def signing_keys(settings: Settings) -> tuple[bytes, ...]:
    """Return the secret keys of the settings, or one that is created once and stored in the home.

    The first signs, all are accepted. A key that cannot be stored lasts as long as this process:
    afterwards visitors are new and everyone is signed out.
    """
    if settings.secret_keys:
        return tuple(key.encode() for key in settings.secret_keys)
    try:
        return (_stored_key(settings.home.expanduser() / KEY_FILE),)
    except OSError as error:
        log.warning("signing_key_not_stored", error=str(error), hint="set RASIKA_SECRET_KEY")
        return (secrets.token_bytes(KEY_BYTES),)


def _stored_key(path: Path) -> bytes:
    if not path.exists():
        _create_key_file(path)
    key = path.read_bytes()
    if len(key) < KEY_BYTES:
        raise OSError(f"{path} is not a key; remove it")
    return key


def _create_key_file(path: Path) -> None:
    """Create the key atomically; of several processes that do so, the first one wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file, draft = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")  # 0600
    try:
        with os.fdopen(file, "wb") as writing:
            writing.write(secrets.token_bytes(KEY_BYTES))
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        Path(draft).unlink()
