"""The catalogues that are evaluated, each in its own home, which is kept."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from catalog.import_reader import read_lines
from catalog.importer import Importer
from catalog.record import Record
from config.resources import Resources, open_resources
from config.settings import Settings
from db import titles
from db.engine import open_session
from embeddings.embedder import Embedder
from scripts.bench.datasets import SHARED_DATA_FOLDER
from scripts.cli.console import out
from scripts.cli.embed import embed_missing, require_embedder
from services import seeding
from services.embedding import TITLES_PER_EMBED_TRANSACTION
from services.popularity import refresh_popularity
from vocabulary.batches import batched

Records = Iterable[Record] | None  # None: the seed catalogue


def available_catalogues() -> Iterator[tuple[str, Records]]:
    """Yield the catalogues by name."""
    yield "seed", None
    indian = SHARED_DATA_FOLDER / "indian.jsonl.gz"
    if indian.is_file():
        yield "indian", (line.record for line in read_lines(indian) if line.record)
    else:
        out.print("skipped: indian (there is no ../shared/data/indian.jsonl.gz)")


@contextmanager
def open_catalogue(
    settings: Settings, name: str, records: Records
) -> Iterator[tuple[Resources, Embedder]]:
    """Fill `home/evaluate-NAME` with a catalogue and its vectors, unless it is filled already.

    Raises `EmbedderUnavailable`.
    """
    home = settings.home / f"evaluate-{name}"
    home.mkdir(parents=True, exist_ok=True)
    with open_resources(settings.model_copy(update={"home": home})) as resources:
        embedder = require_embedder(resources)
        _fill(resources, records)
        yield resources, embedder


def _fill(resources: Resources, records: Records) -> None:
    if records is None:
        seeding.seed_catalogue(resources.engine, resources.embedder)
    with open_session(resources.engine) as reading:
        count = titles.count(reading)
    if not count and records is not None:
        importer = Importer()
        for batch in batched(records, seeding.TITLES_PER_TRANSACTION):
            with open_session(resources.engine) as writing:
                importer.store(writing, batch)
                writing.commit()
        with open_session(resources.engine) as writing:
            refresh_popularity(writing)
            writing.commit()
    embed_missing(resources, TITLES_PER_EMBED_TRANSACTION)
