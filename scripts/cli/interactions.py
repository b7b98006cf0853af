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
from config.resources import Resources, opened
from config.settings import Settings
from db import interactions, titles, viewer_lifecycle
from db.engine import open_session
from db.interactions import Interaction
from db.viewer_lifecycle import ViewerDeleted
from runtime.title_features import StoredShelf
from scripts.cli.taste import loaded
from scripts.cli.titles import SHOWN_PROBLEMS, Failed, err, out
from services import seeding
from viewers import interaction_format
from viewers import interactions as viewer_interactions
from viewers.interaction_format import InteractionLine

Numbered = tuple[int, InteractionLine]
"""The number of a line, and what it says."""


@dataclass(slots=True)
class Tally:
    """What became of a file's lines."""

    path: Path
    stored: int = 0
    repeated: int = 0
    bad: int = 0
    broken: UnreadableFile | None = None  # where the file ended before its end

    def refuse(self, number: int, problem: str) -> None:
        """Report a bad line."""
        self.bad += 1
        if self.bad <= SHOWN_PROBLEMS:
            err.print(f"{self.path}:{number}: {problem}", markup=False)
        elif self.bad == SHOWN_PROBLEMS + 1:
            err.print(f"{self.path}: further bad lines are only counted", markup=False)

    def __str__(self) -> str:
        return (
            f"{self.path}: {self.stored:,} new, {self.repeated:,} known already, {self.bad:,} bad"
        )


def import_files(settings: Settings, files: Sequence[Path], mapping: Mapping[str, str]) -> None:
    """Store what viewers did, and what follows from it, as if they told it now."""
    failures = []
    with opened(settings) as resources, open_session(resources.engine) as reading:
        shelf = StoredShelf(reading, loaded(resources).model)
        for path in files:
            tally = _import_file(resources, shelf, path, mapping)
            heard = tally.stored or tally.repeated
            if heard or not tally.broken:
                out.print(str(tally), markup=False)
            if tally.broken:
                failures.append(str(tally.broken))
            elif tally.bad and not heard:
                failures.append(f"no line of {path} could be imported")
    if failures:
        raise Failed("; ".join(failures))


def export(settings: Settings, file: Path) -> None:
    """Write all that viewers did as JSON lines; the file appears whole or not at all."""
    part = file.with_name(f".part-{file.name}")
    with opened(settings, embedder=False) as resources, open_session(resources.engine) as reading:
        try:
            with _opened(part) as stream:
                count = _export(reading, stream)
            part.replace(file)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise Failed(f"{file}: {(error.strerror or str(error)).lower()}") from error
    out.print(f"{file}: {count:,} interactions", markup=False)


def _export(reading: Session, stream: IO[str]) -> int:
    count = 0
    for page in seeding.batched(interactions.read_all(reading), seeding.BATCH):
        external = titles.external_ids_of(reading, {told.title_id for _, told in page})
        for viewer_id, told in page:
            stream.write(
                interaction_format.format_line(viewer_id, told, external.get(told.title_id, {}))
                + "\n"
            )
        count += len(page)
    return count


def _import_file(
    resources: Resources, shelf: StoredShelf, path: Path, mapping: Mapping[str, str]
) -> Tally:
    tally = Tally(path)
    with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(path.name, total=None)
        for batch in seeding.batched(_entries(tally, mapping), seeding.BATCH):
            with open_session(resources.engine) as writing:
                _hear(writing, shelf, tally, batch)
                writing.commit()
            progress.advance(task, len(batch))
    return tally


def _entries(tally: Tally, mapping: Mapping[str, str]) -> Iterator[Numbered]:
    """Yield the good lines up to where the file breaks off, if it does."""
    try:
        for number, data in read_objects(tally.path, mapping):
            found = (data,) if isinstance(data, str) else interaction_format.parse_line(data)
            if isinstance(found, InteractionLine):
                yield number, found
            else:
                tally.refuse(number, "; ".join(found))
    except UnreadableFile as error:
        tally.broken = error


def _hear(writing: Session, shelf: StoredShelf, tally: Tally, batch: Sequence[Numbered]) -> None:
    told = _by_viewer(writing, shelf, tally, batch)
    try:
        viewer_lifecycle.lock(writing, *told)  # all at once, in an order that everybody keeps
    except ViewerDeleted as error:
        raise Failed(f"{tally.path}: viewer {error.viewer_id} was just forgotten") from error
    for viewer_id, lines in told.items():
        counted = viewer_interactions.record_interactions(writing, viewer_id, lines, shelf)
        tally.stored += counted.stored_count
        tally.repeated += counted.repeated_count


def _by_viewer(
    reading: Session, shelf: StoredShelf, tally: Tally, batch: Sequence[Numbered]
) -> dict[UUID, list[Interaction]]:
    """Return the lines of titles that exist, by viewer, in the order of the file."""
    named = {each for _, entry in batch for each in entry.external_ids.items()}
    external = titles.ids_by_external_id(reading, named)
    placed = [(number, entry, entry.resolve_title_id(external)) for number, entry in batch]
    known = shelf.describe([title_id for _, _, title_id in placed if title_id is not None])
    told = dict[UUID, list[Interaction]]()
    for number, entry, title_id in placed:
        if title_id is None or title_id not in known:
            tally.refuse(number, "there is no such title")
        else:
            told.setdefault(entry.viewer_id, []).append(entry.interaction_with(title_id))
    return told


def _opened(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "wt", encoding="utf-8")
    return path.open("w", encoding="utf-8")
