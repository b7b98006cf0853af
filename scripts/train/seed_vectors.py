"""Remakes what the repository carries of the bundled model: run after the seed or a text changes.

    python -m scripts.train.seed_vectors [--centres]

Writes `catalog/seed/vectors.npz`, the seed's vectors; those of unchanged texts are kept. With
`--centres` it first measures `embeddings/centres.npz` anew, the mean vector per role and script of
the seed's synopses and their opening words, and then embeds everything: raise
`embeddings.centred.REVISION` with it, for the vectors will not mix with older ones.
"""

import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from catalog.import_reader import read_lines
from config import cpu
from config.resources import open_resources
from config.settings import Settings
from db.engine import open_session
from db.titles import ids_after
from embeddings.bundled import BundledEmbedder
from embeddings.centred import CENTRES_FILE, measure_centres
from embeddings.embedder import Embedder
from services import seeding
from services.embedding import embed_missing_titles
from vocabulary.writing_systems import script_of

MAX_QUERY_CHARACTERS = 80  # what people type of a plot
MIN_TEXTS_PER_SCRIPT = (
    30  # texts of a script below which a mean says more of the texts than of the script
)
MAX_TITLES = 1_000_000


def main() -> None:
    """Embed the seed in an empty catalogue and write its vectors."""
    if "--centres" in sys.argv[1:]:
        np.savez(CENTRES_FILE, **seed_centres(BundledEmbedder(cpu.available_cores())))  # type: ignore[arg-type]  # names, not flags
        (seeding.seed_folder() / "vectors.npz").unlink(missing_ok=True)
    with (
        tempfile.TemporaryDirectory() as home,
        open_resources(Settings(home=Path(home))) as resources,
    ):
        if resources.embedder is None:
            raise SystemExit("the bundled model cannot be loaded")
        seeding.seed_catalogue(resources.engine, resources.embedder)
        embed_missing_titles(resources.engine, resources.embedder)
        with open_session(resources.engine) as reading:
            ids = ids_after(reading, 0, limit=MAX_TITLES)
            count = seeding.write_seed_vectors(reading, ids, resources.embedder)
    print(f"{count} vectors of {resources.embedder.model}")


def seed_centres(embedder: Embedder) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float32]]]:
    """Return the mean vectors of synopses as documents, and of their openings as queries."""
    synopses: dict[str, list[str]] = defaultdict(list)
    for text in _seed_synopses():
        synopses[script_of(text)].append(text)
    enough = {
        script: texts for script, texts in synopses.items() if len(texts) >= MIN_TEXTS_PER_SCRIPT
    }
    openings = {
        script: [_synopsis_opening(text) for text in texts] for script, texts in enough.items()
    }
    return measure_centres(embedder, enough, "document") | measure_centres(
        embedder, openings, "query"
    )


def _seed_synopses() -> Iterator[str]:
    for path in sorted(seeding.seed_folder().glob("*.jsonl")):
        for line in read_lines(path):
            if line.record is not None:
                yield from line.record.synopsis.values()


def _synopsis_opening(text: str) -> str:
    """Return a synopsis' first sentence, cut between words to the length of a query."""
    first = re.split(r"(?<=[.!?।])\s", text, maxsplit=1)[0]
    cut = first[:MAX_QUERY_CHARACTERS]
    return cut if len(first) <= MAX_QUERY_CHARACTERS else cut.rpartition(" ")[0] or cut


if __name__ == "__main__":
    main()
