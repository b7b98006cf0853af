"""Real titles under real vectors: openings of synopses, embedded once and kept in a file."""

from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path

import numpy as np
from rich.progress import track

from catalog import regions
from catalog.record import Record
from config.cpu import cores
from db.title_summaries import TitleSummary
from embeddings.bundled import MODEL_NAME, BundledEmbedder
from index.query import Matrix
from runtime.catalogue_reader import CatalogueReader
from scripts.bench import datasets
from scripts.bench.measurements import Failed
from scripts.bench.synthetic_titles import REGION, Stock, halves
from vocabulary.name_folding import fold

TITLES = 30_000
A_CALL = 512  # texts


def real(home: Path, n: int) -> Stock:
    """Return `n` titles of `../shared/data` where the model itself places them.

    Raises `Failed` without that data.
    """
    found = list(islice(_told(), n))
    if len(found) < n:
        raise Failed(f"{datasets.SHARED} has {len(found):,} titles with a synopsis, not {n:,}")
    texts = [next(datasets.openings(record)) for record in found]
    listings = datasets.listings([each.model_copy(update={"synopsis": {}}) for each in found])
    loader = CatalogueReader({}, regions.LANGUAGE_WEIGHTS)
    entries = [loader.index_entry(listing, {}) for listing in listings]
    spoken = [_language(listing) for listing in listings]
    names = sorted(set(spoken))
    return Stock(
        about=f"{n:,} real titles of ../shared/data, the openings of their synopses by {MODEL_NAME}",
        names=names,
        ids=np.arange(1, n + 1),
        matrix=halves(_embedded(home, texts)),
        language=np.array([names.index(name) for name in spoken]),
        year=np.array([listing.year or 0 for listing in listings]),
        popularity=np.array([entry.popularity for entry in entries]),
        regional=np.array([entry.regional.get(REGION, 0.0) for entry in entries]),
    )


def _told() -> Iterator[Record]:
    """Yield each real title with a synopsis once."""
    seen: set[tuple[str, int | None, str]] = set()
    for record in datasets.records():
        if record.source == datasets.MADE_UP:
            return
        identity = (fold(record.title), record.year, record.kind)
        if identity not in seen and next(datasets.openings(record), None):
            seen.add(identity)
            yield record


def _language(listing: TitleSummary) -> str:
    return listing.language or next(iter(listing.languages), "")


def _embedded(home: Path, texts: list[str]) -> Matrix:
    """Return a unit row per text, out of the file if it holds these very texts."""
    digest = sha256("\n".join([MODEL_NAME, *texts]).encode()).hexdigest()[:16]
    file = home / f"bench-real-{len(texts)}-{digest}.npy"
    if not file.exists():
        embedder = BundledEmbedder(cores())
        calls = track(range(0, len(texts), A_CALL), f"embedding {len(texts):,} openings, once")
        rows = [embedder.embed(texts[at : at + A_CALL], role="document") for at in calls]
        home.mkdir(parents=True, exist_ok=True)
        np.save(file, np.concatenate(rows))
    kept: Matrix = np.load(file)
    return kept
