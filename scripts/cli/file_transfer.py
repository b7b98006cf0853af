"""Reading import files and writing export files; titles and interactions share it."""

import gzip
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, TypeVar

from catalog.import_reader import UnreadableFile
from scripts.cli.console import CommandFailed, err, out, progress_bar
from services.seeding import TITLES_PER_TRANSACTION
from vocabulary.batches import batched

MAX_REPORTED_LINES = 20  # bad lines printed per file; the rest are only counted

T = TypeVar("T")


class FileReport:
    """What became of the lines of one import file."""

    def __init__(self, path: Path, outcomes: Sequence[str]) -> None:
        self.path = path
        self.counts = Counter(dict.fromkeys(outcomes, 0))  # good lines by outcome
        self.ignored_fields: Counter[str] = Counter()  # unknown field to lines
        self._bad = 0
        self._unreadable: UnreadableFile | None = None

    def batches(self, lines: Iterator[T]) -> Iterator[list[T]]:
        """Yield the lines in batches, one per transaction, as far as the file can be read."""
        with progress_bar() as progress:
            task = progress.add_task(self.path.name, total=None)
            for batch in batched(self._until_unreadable(lines), TITLES_PER_TRANSACTION):
                yield batch
                progress.advance(task, len(batch))

    def add_bad_line(self, number: int, problem: str) -> None:
        """Count a bad line and print why it is bad."""
        self._bad += 1
        if self._bad <= MAX_REPORTED_LINES:
            err.print(f"{self.path}:{number}: {problem}", markup=False)
        elif self._bad == MAX_REPORTED_LINES + 1:
            err.print(f"{self.path}: further bad lines are counted but not shown", markup=False)

    def print_summary(self) -> None:
        """Print the counts, unless nothing could be read at all."""
        if self._unreadable and not self.counts.total():
            return
        counts = ", ".join(f"{n:,} {outcome}" for outcome, n in self.counts.items())
        ignored = ", ".join(f"{name} ({n:,} lines)" for name, n in self.ignored_fields.items())
        suffix = f"; unknown fields: {ignored}" if ignored else ""
        out.print(f"{self.path}: {counts}, {self._bad:,} bad{suffix}", markup=False)

    @property
    def failure(self) -> str | None:
        """Why the import of this file counts as failed, if it does."""
        if self._unreadable:
            return str(self._unreadable)
        if self._bad and not self.counts.total():
            return f"no line of {self.path} could be imported"
        return None

    def _until_unreadable(self, lines: Iterator[T]) -> Iterator[T]:
        try:
            yield from lines
        except UnreadableFile as error:
            self._unreadable = error


def import_files(
    files: Sequence[Path], outcomes: Sequence[str], import_file: Callable[[FileReport], None]
) -> None:
    """Import each file and print its counts.

    Raises `CommandFailed` at the end, naming every file that failed.
    """
    failures = []
    for path in files:
        report = FileReport(path, outcomes)
        import_file(report)
        report.print_summary()
        failures += [report.failure] if report.failure else []
    if failures:
        raise CommandFailed("; ".join(failures))


def export_lines(file: Path, lines: Iterable[str], *, total: int | None = None) -> int:
    """Write lines to a file, gzipped if it ends in `.gz`; return how many.

    The file appears complete or not at all. Raises `CommandFailed`.
    """
    part = file.with_name(f".part-{file.name}")
    count = 0
    try:
        with _open_text(part) as stream, progress_bar() as progress:
            for line in progress.track(lines, total, description="exporting"):
                stream.write(f"{line}\n")
                count += 1
        part.replace(file)
    except OSError as error:
        raise CommandFailed(f"{file}: {(error.strerror or str(error)).lower()}") from error
    finally:
        part.unlink(missing_ok=True)
    return count


def _open_text(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "wt", encoding="utf-8")
    return path.open("w", encoding="utf-8")
