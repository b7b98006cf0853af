"""The log that the supervisor and its servers share."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

_MAX_LOG_BYTES = 10_000_000  # then the next start renames the log to `.1`
_TAIL_BYTES = 8_000
_STARTING_UP_LINE = "FATAL:  the database system is "  # "starting up": the reply to our own probes


def log_event(event: str, **fields: object) -> None:
    """Write one line: the time, a past-tense event, its fields."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    words = [now, event, *(f"{key}={value}" for key, value in fields.items())]
    sys.stderr.write(" ".join(words) + "\n")
    sys.stderr.flush()


def rotate(log: Path) -> None:
    """Rename a long log; only while nothing writes to it."""
    if log.exists() and log.stat().st_size > _MAX_LOG_BYTES:
        log.replace(log.with_name(f"{log.name}.1"))


def last_lines(log: Path, *, lines: int = 20) -> tuple[str, ...]:
    """Read the last lines, oldest first, none when there is no log."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return ()
    return tuple(line for line in text.splitlines() if line.strip())[-lines:]


def last_error_line(log: Path, *error_markers: str) -> str:
    """Return the newest line with an error marker, else the newest line."""
    newest_first = [line for line in last_lines(log)[::-1] if _STARTING_UP_LINE not in line]
    complaints = (line for line in newest_first if any(word in line for word in error_markers))
    return next(complaints, newest_first[0] if newest_first else "the log is empty")
