"""Removes passwords, tokens, keys and e-mail addresses from log lines.

The second line of defence: code should not log them in the first place.
"""

import re
from collections.abc import MutableMapping
from typing import Any

REDACTED = "…"
# Parts of field names; `key` alone is usually harmless.
SECRET_FIELD_NAMES = re.compile(
    r"password|passwd|secret|token|authorization|cookie|credential|api_?key|e_?mail|code_verifier",
    re.IGNORECASE,
)
# Parts of texts: signed tokens, bearer tokens, e-mail addresses, passwords in URLs.
SECRET_TEXTS = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]*"
    r"|(?<=bearer )\S+"
    r"|[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?<=://)[^\s/:@]+:[^\s/@]+(?=@)",
    re.IGNORECASE,
)


def redact_secrets(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Return a log line without secrets and personal data."""
    for name, value in event.items():
        event[name] = REDACTED if SECRET_FIELD_NAMES.search(name) else _redact_value(value)
    return event


def _redact_value(value: object) -> object:
    if isinstance(value, str):
        return SECRET_TEXTS.sub(REDACTED, value)
    if isinstance(value, dict):
        return {
            name: REDACTED if SECRET_FIELD_NAMES.search(str(name)) else _redact_value(each)
            for name, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [_redact_value(each) for each in value]
    return value
