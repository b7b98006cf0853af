"""What viewers did, out of files and into files."""

import gzip
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import UUID

from rich.progress import Progress
from sqlmodel import Session

from catalog.import_reader import UnreadableFile, read_objects
from config.resources import Resources, open_resources
from config.settings import Settings
from db import interactions, titles, viewer_lifecycle
from db.engine import open_session
from db.interactions import Interaction
from db.viewer_lifecycle import ViewerDeleted
from runtime.title_features import StoredTitleFeatures
from scripts.cli.taste import require_embedder
from scripts.cli.titles import MAX_REPORTED_PROBLEMS, CommandFailed, err, out
from services import seeding
from viewers import interaction_format
from viewers import interactions as viewer_interactions
from viewers.interaction_format import InteractionLine

NumberedEntry = tuple[int, InteractionLine]
"""The number of a line, and what it says."""


@dataclass(slots=True)
class InteractionImportCounts:
    """What became of a file's lines."""

    path: Path
    stored: int = 0
    duplicates: int = 0
    bad: int = 0
    unreadable_file: UnreadableFile | None = None  # where the file ended before its end

    def report_bad_line(self, number: int, problem: str) -> None:
        """Report a bad line."""
        self.bad += 1
        if self.bad <= MAX_REPORTED_PROBLEMS:
            err.print(f"{self.path}:{number}: {problem}", markup=False)
        elif self.bad == MAX_REPORTED_PROBLEMS + 1:
            err.print(f"{self.path}: further bad lines are only counted", markup=False)

    def __str__(self) -> str:
        return (
            f"{self.path}: {self.stored:,} new, {self.duplicates:,} known already, {self.bad:,} bad"
        )


def import_interactions(
    settings: Settings, files: Sequence[Path], mapping: Mapping[str, str]
) -> None:
    """Store what viewers did, and what follows from it, as if they told it now."""
    failures = []
    with open_resources(settings) as resources, open_session(resources.engine) as reading:
        shelf = StoredTitleFeatures(reading, require_embedder(resources).model)
        for path in files:
            tally = _import_file(resources, shelf, path, mapping)
            heard = tally.stored or tally.duplicates
            if heard or not tally.unreadable_file:
                out.print(str(tally), markup=False)
            if tally.unreadable_file:
                failures.append(str(tally.unreadable_file))
            elif tally.bad and not heard:
                failures.append(f"no line of {path} could be imported")
    if failures:
        raise CommandFailed("; ".join(failures))


def export_interactions(settings: Settings, file: Path) -> None:
    """Write all that viewers did as JSON lines; the file appears whole or not at all."""
    part = file.with_name(f".part-{file.name}")
    with (
        open_resources(settings, with_embedder=False) as resources,
        open_session(resources.engine) as reading,
    ):
        try:
            with _open_text(part) as stream:
                count = _export(reading, stream)
            part.replace(file)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise CommandFailed(f"{file}: {(error.strerror or str(error)).lower()}") from error
    out.print(f"{file}: {count:,} interactions", markup=False)


def _export(reading: Session, stream: IO[str]) -> int:
    count = 0
    for page in seeding.batched(interactions.read_all(reading), seeding.TITLES_PER_TRANSACTION):
        external = titles.external_ids_of(reading, {told.title_id for _, told in page})
        for viewer_id, told in page:
            stream.write(
                interaction_format.format_line(viewer_id, told, external.get(told.title_id, {}))
                + "\n"
            )
        count += len(page)
    return count


def _import_file(
    resources: Resources, shelf: StoredTitleFeatures, path: Path, mapping: Mapping[str, str]
) -> InteractionImportCounts:
    tally = InteractionImportCounts(path)
    with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(path.name, total=None)
        for batch in seeding.batched(_entries(tally, mapping), seeding.TITLES_PER_TRANSACTION):
            with open_session(resources.engine) as writing:
                _record_batch(writing, shelf, tally, batch)
                writing.commit()
            progress.advance(task, len(batch))
    return tally


def _entries(tally: InteractionImportCounts, mapping: Mapping[str, str]) -> Iterator[NumberedEntry]:
    """Yield the good lines up to where the file breaks off, if it does."""
    try:
        for number, data in read_objects(tally.path, mapping):
            found = (data,) if isinstance(data, str) else interaction_format.parse_line(data)
            if isinstance(found, InteractionLine):
                yield number, found
            else:
                tally.report_bad_line(number, "; ".join(found))
    except UnreadableFile as error:
        tally.unreadable_file = error


def _record_batch(
    writing: Session,
    shelf: StoredTitleFeatures,
    tally: InteractionImportCounts,
    batch: Sequence[NumberedEntry],
) -> None:
    told = _by_viewer(writing, shelf, tally, batch)
    try:
        viewer_lifecycle.lock(writing, *told)  # all at once, in an order that everybody keeps
    except ViewerDeleted as error:
        raise CommandFailed(f"{tally.path}: viewer {error.viewer_id} was just forgotten") from error
    for viewer_id, lines in told.items():
        counted = viewer_interactions.record_interactions(writing, viewer_id, lines, shelf)
        tally.stored += counted.stored_count
        tally.duplicates += counted.repeated_count


def _by_viewer(
    reading: Session,
    shelf: StoredTitleFeatures,
    tally: InteractionImportCounts,
    batch: Sequence[NumberedEntry],
) -> dict[UUID, list[Interaction]]:
    """Return the lines of titles that exist, by viewer, in the order of the file."""
    named = {each for _, entry in batch for each in entry.external_ids.items()}
    external = titles.ids_by_external_id(reading, named)
    placed = [(number, entry, entry.resolve_title_id(external)) for number, entry in batch]
    known = shelf.describe([title_id for _, _, title_id in placed if title_id is not None])
    told = dict[UUID, list[Interaction]]()
    for number, entry, title_id in placed:
        if title_id is None or title_id not in known:
            tally.report_bad_line(number, "there is no such title")
        else:
            told.setdefault(entry.viewer_id, []).append(entry.interaction_with(title_id))
    return told


def _open_text(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "wt", encoding="utf-8")
    return path.open("w", encoding="utf-8")
