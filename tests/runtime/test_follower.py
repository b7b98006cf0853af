"""Several processes follow one database while processes and the database are killed."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from catalog.importer import Importer
from catalog.record import Record
from db import changes, migrate
from db.engine import connect, open_session
from embedded.lease import acquire
from embedded.status import read_status
from tests.rasika_process import PROJECT_FOLDER
from tests.waiting import WAIT_TIMEOUT_S, wait_until

Make = Callable[..., Record]

FOLLOWER_PROGRAM = """
import sys
from db.engine import connect
from vocabulary.kinds import Space
from runtime.catalogue_reader import CatalogueReader
from db.pgvector_index import PgvectorIndex
from index.query import Query
from runtime.catalogue_view import CatalogueView
from runtime.index_sync import IndexSync

engine, name = connect(sys.argv[1]), sys.argv[2]
reader = CatalogueReader({Space.CONTENT: "fake"}, {})
index_sync = IndexSync(name, PgvectorIndex(engine), engine, reader) if name == "pgvector" else None
view = CatalogueView(engine, reader, index_sync)
view.load()
view.start()
for line in sys.stdin:
    try:
        found = sorted(hit.title_id for hit in view.index.search(Query(k=100)))
    except Exception as error:
        found = type(error).__name__
    print(found, sorted(each.title for each in view.titles.values()), flush=True)
"""


class FollowerProcess:
    """Another process that follows; tells what it has."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def read_state(self) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


@contextmanager
def follower_process(url: str, engine: str) -> Iterator[FollowerProcess]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT_FOLDER), *sys.path])}
    command = [sys.executable, "-c", FOLLOWER_PROGRAM, url, engine]
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=environment, text=True, **streams) as process:  # type: ignore[call-overload]  # one of many overloads
        try:
            yield FollowerProcess(process)
        finally:
            process.kill()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    home = tmp_path / "home"
    with acquire(home, valkey=False) as lease:
        yield home, lease.database_url


def store(own: Engine, record: Record) -> int:
    """Store a title, as soon as PostgreSQL answers."""
    deadline = time.monotonic() + WAIT_TIMEOUT_S
    while True:
        try:
            with open_session(own) as writing:
                (number,) = Importer().store(writing, [record]).changed_ids
                writing.commit()
        except OperationalError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return number


def remove(own: Engine, number: int) -> None:
    with open_session(own) as writing:
        writing.execute(text("DELETE FROM title WHERE id = :id"), {"id": number})
        changes.record(writing, [number])
        writing.commit()


@pytest.mark.parametrize("name", ["memory", "pgvector"])
def test_three_processes_have_the_same_whatever_is_killed(
    home: tuple[Path, str], make_record: Make, name: str
) -> None:
    folder, url = home
    own = connect(url)
    migrate.upgrade(own)
    with ExitStack() as held:
        first, *others = [held.enter_context(follower_process(url, name)) for _ in range(3)]
        a, b = store(own, make_record("Eega")), store(own, make_record("Magadheera"))
        for each in (first, *others):
            wait_until(lambda each=each: each.read_state() == f"[{a}, {b}] ['Eega', 'Magadheera']")  # type: ignore[misc]  # mypy#12557
        first.process.kill()
        remove(own, a)
        postmaster = read_status(folder).postgres_pid
        assert postmaster is not None
        killed = psutil.Process(postmaster)
        killed.kill()
        psutil.wait_procs([killed], timeout=WAIT_TIMEOUT_S)
        c = store(own, make_record("Makkhi"))
        for each in (*others, held.enter_context(follower_process(url, name))):
            expected = f"[{b}, {c}] ['Magadheera', 'Makkhi']"
            wait_until(lambda each=each, expected=expected: each.read_state() == expected)  # type: ignore[misc]  # mypy#12557
    own.dispose()
