"""Real titles under real vectors: openings of synopses, embedded once and kept in a file."""

from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path

import numpy as np
from rich.progress import track

from catalog import regions
from catalog.record import Record
from config.cpu import available_cores
from embeddings.bundled import MODEL_NAME, BundledEmbedder
from runtime.catalogue_reader import CatalogueReader
from scripts.bench import datasets
from scripts.bench.measurements import BenchmarkFailed
from scripts.bench.synthetic_titles import REGION, BenchmarkTitles, half_precision
from vocabulary.arrays import Matrix
from vocabulary.name_folding import fold
from vocabulary.title_summary import TitleSummary

DEFAULT_REAL_TITLES = 30_000
TEXTS_PER_CALL = 512  # texts


def load_real_titles(home: Path, n: int) -> BenchmarkTitles:
    """Return `n` titles of `../shared/data` where the model itself places them.

    Raises `Failed` without that data.
    """
    found = list(islice(_records_with_synopsis(), n))
    if len(found) < n:
        raise BenchmarkFailed(
            f"{datasets.SHARED_DATA_FOLDER} has {len(found):,} titles with a synopsis, not {n:,}"
        )
    texts = [next(datasets.synopsis_openings(record)) for record in found]
    listings = datasets.summarise_records(
        [each.model_copy(update={"synopsis": {}}) for each in found]
    )
    loader = CatalogueReader({}, regions.LANGUAGE_WEIGHTS)
    entries = [loader.index_entry(listing, {}) for listing in listings]
    spoken = [_language(listing) for listing in listings]
    names = sorted(set(spoken))
    return BenchmarkTitles(
        description=f"{n:,} real titles of ../shared/data, the openings of their synopses by {MODEL_NAME}",
        language_names=names,
        ids=np.arange(1, n + 1),
        matrix=half_precision(_load_or_embed(home, texts)),
        language=np.array([names.index(name) for name in spoken]),
        year=np.array([listing.year or 0 for listing in listings]),
        popularity=np.array([entry.popularity for entry in entries]),
        regional=np.array([entry.regional.get(REGION, 0.0) for entry in entries]),
    )


def _records_with_synopsis() -> Iterator[Record]:
    """Yield each real title with a synopsis once."""
    seen: set[tuple[str, int | None, str]] = set()
    for record in datasets.records():
        if record.source == datasets.SYNTHETIC_SOURCE:
            return
        identity = (fold(record.title), record.year, record.kind)
        if identity not in seen and next(datasets.synopsis_openings(record), None):
            seen.add(identity)
            yield record


def _language(listing: TitleSummary) -> str:
    return listing.language or next(iter(listing.languages), "")


def _load_or_embed(home: Path, texts: list[str]) -> Matrix:
    """Return a unit row per text, out of the file if it holds these very texts."""
    digest = sha256("\n".join([MODEL_NAME, *texts]).encode()).hexdigest()[:16]
    file = home / f"bench-real-{len(texts)}-{digest}.npy"
    if not file.exists():
        embedder = BundledEmbedder(available_cores())
        calls = track(
            range(0, len(texts), TEXTS_PER_CALL), f"embedding {len(texts):,} openings, once"
        )
        rows = [embedder.embed(texts[at : at + TEXTS_PER_CALL], role="document") for at in calls]
        home.mkdir(parents=True, exist_ok=True)
        np.save(file, np.concatenate(rows))
    kept: Matrix = np.load(file)
    return kept
