"""The catalogues that are evaluated on, each in a home of its own that is kept."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from catalog.import_reader import read_lines
from catalog.importer import Importer
from catalog.record import Record
from config.resources import Resources, open_resources
from config.settings import Settings
from db import titles
from db.engine import open_session
from embeddings.embedder import Embedder, EmbedderUnavailable
from scripts.bench.datasets import SHARED_DATA_FOLDER
from scripts.cli.console import out
from scripts.cli.embed import embed_missing
from services import seeding

Records = Iterable[Record] | None  # none: the seed


def available_catalogues() -> Iterator[tuple[str, Records]]:
    """Yield names of catalogues and what they hold."""
    yield "seed", None
    indian = SHARED_DATA_FOLDER / "indian.jsonl.gz"
    if indian.is_file():
        yield "indian", (line.record for line in read_lines(indian) if line.record)
    else:
        out.print("what is over ../shared/data/indian.jsonl.gz is skipped: it is not there")


@contextmanager
def open_catalogue(
    settings: Settings, name: str, records: Records
) -> Iterator[tuple[Resources, Embedder]]:
    """Fill `home/evaluate-name` with a catalogue and its vectors, unless it is already."""
    home = settings.home / f"evaluate-{name}"
    home.mkdir(parents=True, exist_ok=True)
    with open_resources(settings.model_copy(update={"home": home})) as resources:
        if resources.embedder is None:
            raise EmbedderUnavailable(settings.embedder, "see the warning above")
        _fill(resources, records)
        yield resources, resources.embedder


def _fill(resources: Resources, records: Records) -> None:
    """Import and embed a catalogue, unless it is there."""
    if records is None:
        seeding.seed_catalogue(resources.engine, resources.embedder)
    with open_session(resources.engine) as reading:
        found = titles.count(reading)
    if not found and records is not None:
        importer = Importer()
        for batch in seeding.batched(records, seeding.TITLES_PER_TRANSACTION):
            with open_session(resources.engine) as writing:
                importer.store(writing, batch)
                writing.commit()
        with open_session(resources.engine) as writing:
            seeding.refresh_popularity(writing)
            writing.commit()
    embed_missing(resources, seeding.TITLES_PER_EMBED_TRANSACTION)
