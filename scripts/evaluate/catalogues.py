"""The catalogues that are evaluated on, each in a home of its own that is kept."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from catalog.reading import read
from catalog.store import Importer
from db import titles
from db.engine import session
from embeddings.embedder import Embedder, EmbedderUnavailable
from scripts import catalogue
from scripts.bench.catalogues import SHARED
from scripts.bench.tables import out
from wiring import upkeep
from wiring.resources import Resources, opened
from wiring.settings import Settings


def there() -> Iterator[tuple[str, Sequence[Path]]]:
    """Yield names of catalogues and the files they come of, none for the seed."""
    yield "seed", []
    indian = SHARED / "indian.jsonl.gz"
    if indian.is_file():
        yield "indian", [indian]
    else:
        out.print("what is over ../shared/data/indian.jsonl.gz is skipped: it is not there")


@contextmanager
def filled(
    settings: Settings, name: str, source: Sequence[Path]
) -> Iterator[tuple[Resources, Embedder]]:
    """Fill `home/evaluate-name` with a catalogue and its vectors, unless it is already."""
    home = settings.home / f"evaluate-{name}"
    home.mkdir(parents=True, exist_ok=True)
    with opened(settings.model_copy(update={"home": home})) as resources:
        if resources.embedder is None:
            raise EmbedderUnavailable(settings.embedder, "see the warning above")
        _fill(resources, source)
        yield resources, resources.embedder


def _fill(resources: Resources, source: Sequence[Path]) -> None:
    """Import and embed a catalogue, the seed where there is no source, unless it is there."""
    if not source:
        upkeep.seed(resources.engine, resources.embedder)
    with session(resources.engine) as reading:
        found = titles.count(reading)
    if not found:
        importer = Importer()
        records = (line.record for path in source for line in read(path) if line.record)
        for batch in upkeep.batched(records, upkeep.BATCH):
            with session(resources.engine) as writing:
                importer.store(writing, batch)
                writing.commit()
        with session(resources.engine) as writing:
            upkeep.refresh_popularity(writing)
            writing.commit()
    catalogue.embed_missing(resources, upkeep.EMBED_BATCH)
