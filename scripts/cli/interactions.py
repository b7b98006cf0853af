"""`rasika import --format interactions` and `rasika export interactions`."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from uuid import UUID

from sqlmodel import Session

from catalog.import_reader import read_objects
from config.resources import open_resources
from config.settings import Settings
from db import interactions, titles, viewer_lifecycle
from db.engine import open_session
from db.interactions import Interaction
from db.viewer_lifecycle import ViewerDeleted
from runtime.title_features import StoredTitleFeatures
from scripts.cli.console import CommandFailed, out
from scripts.cli.embed import require_embedder
from scripts.cli.file_transfer import FileReport, export_lines, import_files
from services.seeding import TITLES_PER_TRANSACTION
from viewers import interaction_format
from viewers import interactions as viewer_interactions
from viewers.interaction_format import InteractionLine
from vocabulary.batches import batched

OUTCOMES = ("new", "already stored")

NumberedLine = tuple[int, InteractionLine]
"""A line's number, from 1, and its content."""


def import_interactions(
    settings: Settings, files: Sequence[Path], mapping: Mapping[str, str]
) -> None:
    """Store interactions, and the title states and tastes that follow from them.

    `mapping` gives the column of a field. Raises `CommandFailed`.
    """
    with open_resources(settings) as resources, open_session(resources.engine) as reading:
        features = StoredTitleFeatures(reading, require_embedder(resources).model)

        def import_file(report: FileReport) -> None:
            for batch in report.batches(_read_lines(report, mapping)):
                with open_session(resources.engine) as writing:
                    _record_batch(writing, features, report, batch)
                    writing.commit()

        import_files(files, OUTCOMES, import_file)


def export_interactions(settings: Settings, file: Path) -> None:
    """Write every interaction as a JSON line."""
    with (
        open_resources(settings, with_embedder=False) as resources,
        open_session(resources.engine) as reading,
    ):
        count = export_lines(file, _formatted_lines(reading))
    out.print(f"{file}: {count:,} interactions", markup=False)


def _formatted_lines(reading: Session) -> Iterator[str]:
    for page in batched(interactions.read_all(reading), TITLES_PER_TRANSACTION):
        external_ids = titles.external_ids_of(reading, {each.title_id for _, each in page})
        for viewer_id, each in page:
            yield interaction_format.format_line(
                viewer_id, each, external_ids.get(each.title_id, {})
            )


def _read_lines(report: FileReport, mapping: Mapping[str, str]) -> Iterator[NumberedLine]:
    """Yield the good lines."""
    for number, data in read_objects(report.path, mapping):
        line = (data,) if isinstance(data, str) else interaction_format.parse_line(data)
        if isinstance(line, InteractionLine):
            yield number, line
        else:
            report.add_bad_line(number, "; ".join(line))


def _record_batch(
    writing: Session,
    features: StoredTitleFeatures,
    report: FileReport,
    batch: Sequence[NumberedLine],
) -> None:
    by_viewer = _interactions_by_viewer(writing, features, report, batch)
    try:
        viewer_lifecycle.lock(writing, *by_viewer)  # all at once, in one order: no deadlock
    except ViewerDeleted as error:
        raise CommandFailed(
            f"{report.path}: viewer {error.viewer_id} was deleted during the import"
        ) from error
    for viewer_id, viewed in by_viewer.items():
        result = viewer_interactions.record_interactions(writing, viewer_id, viewed, features)
        counts = (result.stored_count, result.repeated_count)
        report.counts.update(dict(zip(OUTCOMES, counts, strict=True)))


def _interactions_by_viewer(
    reading: Session,
    features: StoredTitleFeatures,
    report: FileReport,
    batch: Sequence[NumberedLine],
) -> dict[UUID, list[Interaction]]:
    """Return the interactions with known titles, by viewer, in the order of the file."""
    external_ids = {pair for _, line in batch for pair in line.external_ids.items()}
    id_of = titles.ids_by_external_id(reading, external_ids)
    resolved = [(number, line, line.resolve_title_id(id_of)) for number, line in batch]
    known = features.describe([title_id for _, _, title_id in resolved if title_id is not None])
    by_viewer = dict[UUID, list[Interaction]]()
    for number, line, title_id in resolved:
        if title_id is None or title_id not in known:
            report.add_bad_line(number, "there is no such title")
        else:
            by_viewer.setdefault(line.viewer_id, []).append(line.interaction_with(title_id))
    return by_viewer
