"""Homes filled with titles for the benchmarks over HTTP; they are kept for the next run."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np
import structlog
from pgvector import HalfVector
from pgvector.psycopg import register_vector
from sqlalchemy import Engine, text
from sqlmodel import Session, select

from catalog.importer import Importer
from db import migrate, titles, vectors
from db.engine import connect, open_session
from db.tables.titles import Title
from embedded.lease import Lease, acquire
from scripts.bench import datasets
from services import seeding
from services.popularity import refresh_popularity
from vocabulary.arrays import Matrix
from vocabulary.kinds import Space

COPY_VECTORS = (
    "COPY title_vector (title_id, space, model, text_hash, vector) FROM STDIN (FORMAT BINARY)"
)
COUNT_REAL_TITLES = text("SELECT count(*) FROM title WHERE source IS DISTINCT FROM :synthetic")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class BenchmarkFixture:
    """A running PostgreSQL and Valkey with the titles to measure on."""

    path: Path
    lease: Lease
    ids: list[int]
    names: list[str]
    texts: list[str]
    real_titles: int


@contextmanager
def open_fixture(home: Path, n: int, model: str) -> Iterator[BenchmarkFixture]:
    """Fill `home/bench-n` with `n` titles and vectors of the model, unless it is filled already."""
    path = home / f"bench-{n}"
    path.mkdir(parents=True, exist_ok=True)
    with acquire(path) as lease:
        engine = connect(lease.database_url)
        try:
            migrate.upgrade(engine)
            _fill(engine, n, model)
            with open_session(engine) as reading:
                yield _read_fixture(reading, path, lease)
        finally:
            engine.dispose()


def _fill(engine: Engine, n: int, model: str) -> None:
    _import(engine, n)
    with open_session(engine) as writing:
        if vectors.count(writing, Space.CONTENT, model) < n:
            _generate_vectors(writing, model)
            refresh_popularity(writing)
            writing.commit()


def _import(engine: Engine, n: int) -> None:
    """Import the titles that are missing."""
    importer = Importer()
    with open_session(engine) as reading:
        count = titles.count(reading)
    source = islice(datasets.records(), count, None)  # a title needs at least one record
    while count < n:
        batch = list(islice(source, min(seeding.TITLES_PER_TRANSACTION, n - count)))
        with open_session(engine) as writing:
            count += len(importer.store(writing, batch).created_ids)
            writing.commit()
        log.info("bench_titles_imported", titles=count, target=n)


def _generate_vectors(writing: Session, model: str) -> None:
    rng = np.random.default_rng(1)
    query = select(Title.id, Title.original_language).order_by(text("id"))
    rows = [(number, language or "") for number, language in writing.exec(query) if number]
    languages = [language for _, language in rows]
    matrix = datasets.clustered_vectors(languages, datasets.cluster_centres(model, rng), rng)
    _copy_vectors(writing, [number for number, _ in rows], matrix, model)


def _copy_vectors(writing: Session, ids: list[int], matrix: Matrix, model: str) -> None:
    """Replace all vectors by COPY; INSERT would take minutes."""
    writing.execute(text("DELETE FROM title_vector"))
    connection = writing.connection().connection.driver_connection
    if connection is None:
        raise RuntimeError("the session has no connection")
    register_vector(connection)
    with connection.cursor().copy(COPY_VECTORS) as copy:
        copy.set_types(["int4", "text", "text", "text", "halfvec"])
        for title_id, vector in zip(ids, matrix, strict=True):
            row = (
                title_id,
                Space.CONTENT.value,
                model,
                datasets.SYNTHETIC_SOURCE,
                HalfVector(vector),
            )
            copy.write_row(row)


def _read_fixture(reading: Session, path: Path, lease: Lease) -> BenchmarkFixture:
    rng = np.random.default_rng(2)
    rows = reading.exec(select(Title.id, Title.title).order_by(text("id"))).all()
    ids = [number for number, _ in rows if number is not None]
    records = islice(datasets.records(), len(ids))
    openings = chain.from_iterable(map(datasets.synopsis_openings, records))
    parameters = {"synthetic": datasets.SYNTHETIC_SOURCE}
    real = reading.execute(COUNT_REAL_TITLES, parameters).scalar_one()
    return BenchmarkFixture(
        path=path,
        lease=lease,
        ids=ids,
        names=datasets.shuffle_distinct([name for _, name in rows], rng),
        texts=datasets.shuffle_distinct([*datasets.seed_texts(), *openings], rng),
        real_titles=int(real),
    )
