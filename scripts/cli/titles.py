"""The commands over the catalogue: import, export, embed, reindex, search."""

import gzip
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import redis
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text
from sqlmodel import Session

from api.metrics import Metrics
from catalog import export, genres, languages
from catalog.import_reader import ImportLine, UnreadableFile, read_lines
from catalog.importer import Importer, ImportResult
from catalog.regions import DEFAULT_REGION
from config.resources import Resources, open_resources
from config.settings import Settings
from db import titles, vectors
from db.engine import open_session
from embeddings.embedder import Embedder, EmbedderUnavailable
from index.query import Filter
from runtime.index_sync import CopyMismatch
from services import search as search_service
from services import seeding
from services.embedding import embed_titles
from vocabulary.kinds import Space
from workers import queues

MAX_REPORTED_PROBLEMS = 20  # per file; the rest is counted

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)


class CommandFailed(RuntimeError):
    """A command could not do all that it was asked."""


@dataclass(slots=True)
class TitleImportCounts:
    """What became of a file's lines."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    bad: int = 0
    unreadable_file: UnreadableFile | None = None  # where the file ended before its end
    ignored_fields: dict[str, int] = field(default_factory=dict)  # field to lines

    def add(self, stored: ImportResult) -> None:
        """Count a batch."""
        self.created += len(stored.created_ids)
        self.updated += len(stored.updated_ids)
        self.unchanged += stored.unchanged_count

    def report_bad_line(self, path: Path, line: ImportLine) -> None:
        """Report a bad line."""
        self.bad += 1
        if self.bad <= MAX_REPORTED_PROBLEMS:
            err.print(f"{path}:{line.number}: {'; '.join(line.problems)}", markup=False)
        elif self.bad == MAX_REPORTED_PROBLEMS + 1:
            err.print(f"{path}: further bad lines are only counted", markup=False)


def import_titles(settings: Settings, files: Sequence[Path], mapping: Mapping[str, str]) -> None:
    """Import titles from files, then enqueue what follows from them."""
    with open_resources(settings, with_embedder=False) as resources:
        touched: list[int] = []
        failures: list[str] = []
        importer = Importer()
        for path in files:
            tally, ids = _import_file(resources, importer, path, mapping)
            touched += ids
            stored = tally.created or tally.updated or tally.unchanged
            if stored or not tally.unreadable_file:
                out.print(_import_summary(path, tally), markup=False)
            if tally.unreadable_file:
                failures.append(str(tally.unreadable_file))
            elif tally.bad and not stored:
                failures.append(f"no line of {path} could be imported")
        if touched:
            _enqueue_jobs(resources, touched)
    if failures:
        raise CommandFailed("; ".join(failures))


def export_titles(settings: Settings, file: Path) -> None:
    """Write every title as a JSON line; the file appears whole or not at all."""
    part = file.with_name(f".part-{file.name}")
    with (
        open_resources(settings, with_embedder=False) as resources,
        open_session(resources.engine) as reading,
    ):
        try:
            count = _export(reading, part)
            part.replace(file)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise CommandFailed(f"{file}: {(error.strerror or str(error)).lower()}") from error
    out.print(f"{file}: {count:,} titles", markup=False)


def embed(settings: Settings, *, everything: bool, batch: int) -> None:
    """Embed what has no vector of the current model, or what changed among all."""
    with open_resources(settings) as resources:
        embedder = resources.embedder
        if embedder is None:
            raise EmbedderUnavailable(settings.embedder, "see the warning above")
        with open_session(resources.engine) as reading:
            total = titles.count(reading)
            have = vectors.count(reading, Space.CONTENT, embedder.model)
        batches = (
            _all_ids(resources, batch)
            if everything
            else seeding.missing_title_batches(resources.engine, embedder, batch)
        )
        began = time.monotonic()
        embedded = _embed_batches(
            resources, embedder, batches, total if everything else total - have
        )
        rate = embedded / max(time.monotonic() - began, 1e-9)
        out.print(f"{embedded:,} titles embedded with {embedder.model}, {rate:.1f} a second")


def embed_missing(resources: Resources, batch: int) -> int:
    """Embed what has no vector of the current model; return the titles embedded."""
    embedder = resources.embedder
    if embedder is None:
        raise EmbedderUnavailable(resources.settings.embedder, "see the warning above")
    with open_session(resources.engine) as reading:
        missing = titles.count(reading) - vectors.count(reading, Space.CONTENT, embedder.model)
    batches = seeding.missing_title_batches(resources.engine, embedder, batch)
    return _embed_batches(resources, embedder, batches, missing)


def _embed_batches(
    resources: Resources, embedder: Embedder, batches: Iterable[list[int]], total: int
) -> int:
    embedded = 0
    with _progress() as progress:
        task = progress.add_task("embedding", total=total)
        for ids in batches:
            with open_session(resources.engine) as writing:
                embedded += embed_titles(writing, embedder, ids).embedded
                writing.commit()
            progress.advance(task, len(ids))
    return embedded


def copy_index(settings: Settings, name: str) -> None:
    """Copy everything into an engine, compare its answers, and swap the copy in."""
    with open_resources(settings) as resources:
        shared = resources.build_index_sync(name)
        if shared is None or resources.embedder is None:
            raise CommandFailed(
                f"{name} cannot be built: there is no embedder to tell its vectors by"
            )
        started = time.monotonic()
        try:
            built = shared.rebuild()
        except CopyMismatch as error:
            raise CommandFailed(f"{name} was left as it was: {error}") from error
    took = time.monotonic() - started
    out.print(f"{built.titles:,} titles copied into {name} in {took:.1f} s")
    out.print(f"{built.queries:,} searches there find what they should, exactly")
    for space, share in built.graph_recalls.items():
        out.print(f"{space}: a graph, which finds {share:.1%} of that")
    for space, share in built.rejected_graph_recalls.items():
        out.print(f"{space}: no graph, for it finds {share:.1%} of that")


def reindex(settings: Settings) -> None:
    """Ask every serving process to rebuild its index."""
    with (
        open_resources(settings, with_embedder=False) as resources,
        open_session(resources.engine) as writing,
    ):
        count = seeding.request_reload(writing)
        writing.commit()
    out.print(f"{count:,} titles: every serving process rebuilds its index now")


def search(
    settings: Settings,
    text: str,
    language_names: Sequence[str],
    genre_names: Sequence[str],
    limit: int,
) -> None:
    """Print what the search box finds."""
    wanted = Filter(
        languages=frozenset(map(languages.normalise_code, language_names)),
        genres_any=frozenset(slug for name in genre_names for slug in genres.canonical_slugs(name)),
    )
    with open_resources(settings) as resources:
        if settings.seed:
            seeding.seed_catalogue(resources.engine, resources.embedder)
        live = resources.build_catalogue_view()
        live.load()
        answer = search_service.search(
            live,
            Metrics(),
            query=search_service.analyze(live, resources.embedder, text),
            filter=wanted,
            region=DEFAULT_REGION,
            limit=limit,
            offset=0,
            has_embedder=resources.embedder is not None,
        )
    if answer.chips:
        out.print(f"understood: {', '.join(chip.label for chip in answer.chips)}", markup=False)
    if answer.relaxed:
        given_up = ", ".join(chip.label for chip in answer.relaxed)
        out.print(f"given up, for nothing would be left: {given_up}", markup=False)
    if answer.did_you_mean:
        out.print(f"did you mean: {answer.did_you_mean.title}", markup=False)
    table = Table("score", "title", "", "year", "language", "genres", box=None)
    for hit in answer.items:
        table.add_row(
            f"{hit.score:.3f}",
            hit.title,
            hit.original_title if hit.original_title != hit.title else "",
            str(hit.year or ""),
            languages.language_name(hit.language) if hit.language else "",
            ", ".join(hit.genres),
        )
    out.print(table)


def _export(reading: Session, file: Path) -> int:
    with _open_text(file) as stream, _progress() as progress:
        task = progress.add_task("exporting", total=titles.count(reading))
        written = 0
        for title in titles.read_all(reading):
            stream.write(export.to_json_line(title) + "\n")
            progress.advance(task)
            written += 1
    return written


def _import_file(
    resources: Resources, importer: Importer, path: Path, mapping: Mapping[str, str]
) -> tuple[TitleImportCounts, list[int]]:
    tally, touched = TitleImportCounts(), list[int]()
    with _progress() as progress:
        task = progress.add_task(path.name, total=None)
        for lines in seeding.batched(
            _readable_lines(path, mapping, tally), seeding.TITLES_PER_TRANSACTION
        ):
            for line in lines:
                if line.problems:
                    tally.report_bad_line(path, line)
                for name in line.ignored_fields:
                    tally.ignored_fields[name] = tally.ignored_fields.get(name, 0) + 1
            with open_session(resources.engine) as writing:
                stored = importer.store(writing, [line.record for line in lines if line.record])
                writing.commit()
            tally.add(stored)
            touched += stored.changed_ids
            progress.advance(task, len(lines))
    return tally, touched


def _readable_lines(
    path: Path, mapping: Mapping[str, str], tally: TitleImportCounts
) -> Iterator[ImportLine]:
    """Yield the lines up to where the file breaks off, if it does."""
    try:
        yield from read_lines(path, mapping)
    except UnreadableFile as error:
        tally.unreadable_file = error


def _import_summary(path: Path, tally: TitleImportCounts) -> str:
    parts = [
        f"{tally.created:,} new",
        f"{tally.updated:,} updated",
        f"{tally.unchanged:,} unchanged",
        f"{tally.bad:,} bad",
    ]
    ignored = ", ".join(f"{name} ({count:,} lines)" for name, count in tally.ignored_fields.items())
    return f"{path}: {', '.join(parts)}" + (f"; fields not known: {ignored}" if ignored else "")


def _enqueue_jobs(resources: Resources, touched: Sequence[int]) -> None:
    try:
        queues.refresh_popularity(resources.redis)
        queues.embed_titles(resources.redis, list(dict.fromkeys(touched)))
    except redis.RedisError as error:
        err.print(f"not enqueued ({error}); a worker will find the titles within ten minutes")
    else:
        out.print(f"{len(touched):,} titles wait for a worker to embed them (or: rasika embed)")


def _all_ids(resources: Resources, batch: int) -> Iterator[list[int]]:
    after = 0
    while True:
        with open_session(resources.engine) as reading:
            ids = titles.ids_after(reading, after, limit=batch)
        if not ids:
            return
        yield ids
        after = ids[-1]


def _open_text(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "wt", encoding="utf-8")
    return path.open("w", encoding="utf-8")


class TitlesPerSecondColumn(ProgressColumn):
    """Titles per second, lately."""

    def render(self, task: Task) -> Text:
        """Return for example `41.3/s`."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.1f}/s")


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TitlesPerSecondColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
