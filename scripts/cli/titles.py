"""`rasika import` and `rasika export titles`: titles from files and into files."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import redis

from catalog import export
from catalog.import_reader import ImportLine, read_lines
from catalog.importer import Importer
from config.resources import Resources, open_resources
from config.settings import Settings
from db import titles
from db.engine import open_session
from scripts.cli.console import err, out
from scripts.cli.file_transfer import FileReport, export_lines, import_files
from workers import queues

OUTCOMES = ("new", "updated", "unchanged")


def import_titles(settings: Settings, files: Sequence[Path], mapping: Mapping[str, str]) -> None:
    """Import titles from files, then enqueue the jobs that follow from them.

    `mapping` gives the column of a field. Raises `CommandFailed`.
    """
    with open_resources(settings, with_embedder=False) as resources:
        importer, changed_ids = Importer(), list[int]()

        def import_file(report: FileReport) -> None:
            for lines in report.batches(read_lines(report.path, mapping)):
                changed_ids.extend(_store_batch(resources, importer, report, lines))

        try:
            import_files(files, OUTCOMES, import_file)
        finally:
            if changed_ids:
                _enqueue_jobs(resources, list(dict.fromkeys(changed_ids)))


def export_titles(settings: Settings, file: Path) -> None:
    """Write every title as a JSON line."""
    with (
        open_resources(settings, with_embedder=False) as resources,
        open_session(resources.engine) as reading,
    ):
        lines = map(export.to_json_line, titles.read_all(reading))
        count = export_lines(file, lines, total=titles.count(reading))
    out.print(f"{file}: {count:,} titles", markup=False)


def _store_batch(
    resources: Resources, importer: Importer, report: FileReport, lines: Sequence[ImportLine]
) -> Sequence[int]:
    """Store the good lines; return the ids of new and changed titles."""
    for line in lines:
        if line.problems:
            report.add_bad_line(line.number, "; ".join(line.problems))
        report.ignored_fields.update(line.ignored_fields)
    with open_session(resources.engine) as writing:
        result = importer.store(writing, [line.record for line in lines if line.record])
        writing.commit()
    counts = (len(result.created_ids), len(result.updated_ids), result.unchanged_count)
    report.counts.update(dict(zip(OUTCOMES, counts, strict=True)))
    return result.changed_ids


def _enqueue_jobs(resources: Resources, title_ids: Sequence[int]) -> None:
    try:
        queues.enqueue(resources.redis, "refresh_popularity")
        queues.enqueue_embedding(resources.redis, title_ids)
    except redis.RedisError as error:
        err.print(
            f"jobs not queued ({error}); a worker finds the titles within ten minutes",
            markup=False,
        )
    else:
        out.print(f"{len(title_ids):,} titles queued for embedding (or run: rasika embed)")
