"""Reads import files line by line: JSON Lines and CSV with a column mapping, also gzipped."""

import csv
import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pydantic import ValidationError

from catalog.record import Record
from catalog.validation_messages import describe_errors, printable

LIST_FIELDS = (
    "languages",
    "genres",
    "keywords",
    "countries",
    "country_names",
    "aliases",
    "warnings",
)
"""Fields with several values in a CSV cell, separated by `|`, `;` or `,`."""

JSON_CELL_FIELDS = {
    *LIST_FIELDS,
    "people",
    "ratings",
    "names",
    "synopsis",
    "external_ids",
    "availability",
    "images",
    "videos",
}
"""Fields that may be JSON in a CSV cell."""

MAX_LINE_CHARACTERS = 4 * 1024 * 1024  # more than any title needs


@dataclass(frozen=True, slots=True)
class ImportLine:
    """A line of the file: a record, or the problems that prevent one."""

    number: int  # from 1
    record: Record | None
    problems: tuple[str, ...] = ()
    ignored_fields: tuple[str, ...] = ()  # fields that records do not have


class UnreadableFile(ValueError):
    """The file cannot be read at all."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path


def read_lines(path: Path, mapping: Mapping[str, str] | None = None) -> Iterator[ImportLine]:
    """Yield every line that is not blank, in constant memory.

    `mapping` renames columns (or JSON fields): field of the record to column of the file. A dotted
    field sets one key, `synopsis.en=overview`, `external_ids.tmdb=id`.

    Raises `UnreadableFile`, also in the middle of a damaged gzip file, after the lines before.
    """
    cells = _is_csv(path)
    for number, parsed in read_objects(path, mapping):
        if isinstance(parsed, str):
            yield ImportLine(number, None, (parsed,))
        else:
            yield check_line(_split_cells(parsed) if cells else parsed, number)


def read_objects(
    path: Path, mapping: Mapping[str, str] | None = None
) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Yield the number of every line and its renamed object, or the problem of the line.

    Raises `UnreadableFile`.
    """
    try:
        with _open(path) as stream:
            if _is_csv(path):
                yield from _csv_lines(path, stream, mapping or {})
            else:
                yield from _json_lines(stream, mapping or {})
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise UnreadableFile(path, _failure_reason(error)) from error


def check_line(data: Mapping[str, Any], number: int) -> ImportLine:
    """Validate one object: return its record, or its problems field by field."""
    ignored = tuple(printable(name) for name in sorted(set(data) - set(Record.model_fields)))
    try:
        return ImportLine(number, Record.model_validate(data), ignored_fields=ignored)
    except ValidationError as error:
        return ImportLine(number, None, tuple(describe_errors(error)), ignored)


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", errors="surrogateescape", newline="")
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


def _is_csv(path: Path) -> bool:
    return ".csv" in path.suffixes or ".tsv" in path.suffixes


def _json_lines(
    stream: IO[str], mapping: Mapping[str, str]
) -> Iterator[tuple[int, dict[str, Any] | str]]:
    number = 0
    while line := stream.readline(MAX_LINE_CHARACTERS):
        number += 1
        if _is_cut(line):
            _skip_rest(stream)
            yield number, f"longer than {MAX_LINE_CHARACTERS:,} characters"
        elif line.strip():
            yield number, _parse_object(line, mapping)


def _is_cut(line: str) -> bool:
    return len(line) == MAX_LINE_CHARACTERS and not line.endswith(("\n", "\r"))


def _skip_rest(stream: IO[str]) -> None:
    while _is_cut(stream.readline(MAX_LINE_CHARACTERS)):
        pass


def _parse_object(line: str, mapping: Mapping[str, str]) -> dict[str, Any] | str:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        return f"not JSON: {error}"
    if not isinstance(data, dict):
        return f"not a JSON object but {type(data).__name__}"
    return _rename_fields(data, mapping) if mapping else data


def _csv_lines(
    path: Path, stream: IO[str], mapping: Mapping[str, str]
) -> Iterator[tuple[int, dict[str, Any] | str]]:
    delimiter = "\t" if ".tsv" in path.suffixes else ","
    reader = csv.DictReader(_bounded_lines(stream), delimiter=delimiter)
    columns = reader.fieldnames or []
    missing = sorted(column for column in mapping.values() if column not in columns)
    if missing:
        raise UnreadableFile(path, f"no column {', '.join(missing)}; it has {', '.join(columns)}")
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:  # of this row; the next one may be valid
            yield reader.reader.line_num, f"not CSV: {error}"
            continue
        data = {key: value for key, value in row.items() if key and value and value.strip()}
        yield reader.line_num, _rename_fields(data, mapping)


def _bounded_lines(stream: IO[str]) -> Iterator[str]:
    """Yield the lines, cutting off what is too long."""
    while line := stream.readline(MAX_LINE_CHARACTERS):
        if _is_cut(line):
            _skip_rest(stream)
        yield line


def _rename_fields(data: Mapping[str, Any], mapping: Mapping[str, str]) -> dict[str, Any]:
    mapped = set(mapping.values())
    renamed: dict[str, Any] = {key: value for key, value in data.items() if key not in mapped}
    for field, column in mapping.items():
        if data.get(column) is not None:
            outer, _, inner = field.partition(".")
            if inner:
                existing = renamed.get(outer)
                existing = existing if isinstance(existing, dict) else {}
                renamed[outer] = {**existing, inner: data[column]}
            else:
                renamed[outer] = data[column]
    return renamed


def _split_cells(data: dict[str, Any]) -> dict[str, Any]:
    """Return a CSV row with its lists split; a cell may also be JSON."""
    for field, value in data.items():
        if not isinstance(value, str):
            continue
        if value.lstrip()[:1] in ("[", "{") and field in JSON_CELL_FIELDS:
            try:
                data[field] = json.loads(value)
            except (ValueError, RecursionError):
                continue
        elif field in LIST_FIELDS:
            data[field] = [part.strip() for part in re.split(r"[|;,]", value) if part.strip()]
        elif field == "people":
            names = [part.strip() for part in re.split(r"[|;,]", value) if part.strip()]
            data[field] = [{"name": name} for name in names]
    return data


def _failure_reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error)
