"""The keys that sign what visitors and accounts carry."""

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
    """Return the secret keys, or one that is made once and kept at home for its owner's eyes.

    The first signs, all are believed. Where a key cannot be kept, it lasts as long as this process:
    visitors are new after it, and who was signed in is not.
    """
    if settings.secret_keys:
        return tuple(key.encode() for key in settings.secret_keys)
    try:
        return (_stored_key(settings.home.expanduser() / KEY_FILE),)
    except OSError as error:
        log.warning("signing_key_not_kept", error=str(error), mend="set RASIKA_SECRET_KEY")
        return (secrets.token_bytes(KEY_BYTES),)


def _stored_key(path: Path) -> bytes:
    if not path.exists():
        _create_key_file(path)
    key = path.read_bytes()
    if len(key) < KEY_BYTES:
        raise OSError(f"{path} is no key; remove it")
    return key


def _create_key_file(path: Path) -> None:
    """Put a new key in place, whole; of processes that do so together, the first one's counts."""
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
