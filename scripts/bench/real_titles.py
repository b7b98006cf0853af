"""Real titles and vectors: beginnings of synopses, embedded once and kept in a file."""

from collections.abc import Sequence
from hashlib import sha256
from itertools import islice, takewhile
from pathlib import Path

import numpy as np
from rich.progress import track

from catalog import regions
from config.cpu import available_cores
from embeddings.bundled import MODEL_NAME, BundledEmbedder
from index.query import IndexEntry
from runtime.catalogue_reader import CatalogueReader
from scripts.bench import datasets
from scripts.bench.measurements import BenchmarkFailed
from scripts.bench.synthetic_titles import REGION, BenchmarkTitles, half_precision
from vocabulary.arrays import Matrix
from vocabulary.title_summary import TitleSummary

DEFAULT_REAL_TITLES = 30_000
TEXTS_PER_CALL = 512


def load_real_titles(home: Path, n: int) -> BenchmarkTitles:
    """Return `n` titles of `../shared/data`, embedded by the model.

    Raises `BenchmarkFailed` without that data.
    """
    real = takewhile(
        lambda record: record.source != datasets.SYNTHETIC_SOURCE, datasets.distinct_records()
    )
    with_synopsis = (each for each in real if next(datasets.synopsis_openings(each), None))
    records = list(islice(with_synopsis, n))
    if len(records) < n:
        raise BenchmarkFailed(
            f"{datasets.SHARED_DATA_FOLDER} has {len(records):,} titles with a synopsis, not {n:,}"
        )
    texts = [next(datasets.synopsis_openings(record)) for record in records]
    summaries = datasets.summarise_records(
        [record.model_copy(update={"synopsis": {}}) for record in records]
    )
    reader = CatalogueReader({}, regions.LANGUAGE_WEIGHTS)
    return titles_as_columns(
        f"{n:,} real titles of ../shared/data, beginnings of their synopses by {MODEL_NAME}",
        summaries,
        [reader.index_entry(summary, {}) for summary in summaries],
        half_precision(_load_or_embed(home, texts)),
    )


def titles_as_columns(
    description: str,
    summaries: Sequence[TitleSummary],
    entries: Sequence[IndexEntry],
    matrix: Matrix,
) -> BenchmarkTitles:
    """Return titles with ids from 1 as columns."""
    languages = [each.language or next(iter(each.languages), "") for each in summaries]
    names = sorted(set(languages))
    position = {name: number for number, name in enumerate(names)}
    return BenchmarkTitles(
        description=description,
        language_names=names,
        ids=np.arange(1, len(summaries) + 1),
        matrix=matrix,
        language=np.array([position[name] for name in languages]),
        year=np.array([each.year or 0 for each in summaries]),
        popularity=np.array([entry.popularity for entry in entries]),
        regional=np.array([entry.regional.get(REGION, 0.0) for entry in entries]),
    )


def _load_or_embed(home: Path, texts: list[str]) -> Matrix:
    """Return a unit row per text, from the file of exactly these texts if it exists."""
    digest = sha256("\n".join([MODEL_NAME, *texts]).encode()).hexdigest()[:16]
    file = home / f"bench-real-{len(texts)}-{digest}.npy"
    if not file.exists():
        embedder = BundledEmbedder(available_cores())
        starts = track(range(0, len(texts), TEXTS_PER_CALL), f"embedding {len(texts):,} texts")
        rows = [embedder.embed(texts[at : at + TEXTS_PER_CALL], role="document") for at in starts]
        home.mkdir(parents=True, exist_ok=True)
        np.save(file, np.concatenate(rows))
    matrix: Matrix = np.load(file)
    return matrix
