"""The command line as people meet it: real processes on an embedded home."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis
from rq import Queue

from config import logging_setup
from db import titles
from db.engine import connect, open_session
from embedded.lease import Lease, acquire
from scripts.cli.main import main
from tests.rasika_process import PROJECT_FOLDER
from workers import queues

EEGA = {
    "kind": "movie",
    "title": "Eega",
    "year": 2012,
    "synopsis": {"en": "A murdered man is reborn as a housefly and takes revenge."},
}


@dataclass(frozen=True)
class CommandResult:
    """What came of a command."""

    returncode: int
    stdout: str
    stderr: str


RunCommand = Callable[..., CommandResult]


def environment(**settings: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RASIKA_")}
    return {**clean, "PYTHONPATH": str(PROJECT_FOLDER), "RASIKA_SEED": "0", **settings}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lease]:
    """One home for all commands; held, so that its servers are started once."""
    folder = tmp_path_factory.mktemp("cli") / "home"
    with acquire(folder) as lease:
        yield lease


@pytest.fixture
def run_command(
    home: Lease, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> RunCommand:
    """Run a command in this process, which spares its start."""

    def run(*arguments: object, **settings: str) -> CommandResult:
        with monkeypatch.context() as given:
            for name, value in {
                "RASIKA_HOME": _folder(home),
                "RASIKA_SEED": "0",
                **settings,
            }.items():
                given.setenv(name, value)
            given.setattr(
                logging_setup, "configure_logging", lambda: None
            )  # it would outlive the test
            capsys.readouterr()
            code = 0
            try:
                main([str(argument) for argument in arguments])
            except SystemExit as left:
                code = int(left.code or 0)
            told = capsys.readouterr()
        return CommandResult(code, told.out, told.err)

    return run


@pytest.fixture
def process(home: Lease, tmp_path: Path) -> RunCommand:
    """Run a command as people do."""

    def run(*arguments: object, **settings: str) -> CommandResult:
        done = subprocess.run(
            [sys.executable, "-m", "scripts.cli", *map(str, arguments)],
            cwd=tmp_path,
            env=environment(**{"RASIKA_HOME": _folder(home), **settings}),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return CommandResult(done.returncode, done.stdout, done.stderr)

    return run


def _folder(home: Lease) -> str:
    return str(home._home.path)


@pytest.fixture(autouse=True)
def _empty(home: Lease) -> None:
    """Leave nothing of the test before."""
    engine = connect(home.database_url)
    with open_session(engine) as writing:
        if writing.connection().dialect.has_table(writing.connection(), "title"):
            titles.remove(writing, titles.ids_after(writing, 0, limit=100_000))
            writing.commit()
    engine.dispose()
    with redis.Redis.from_url(home.redis_url) as client:
        client.flushdb()


def stored_titles(home: Lease) -> list[str]:
    engine = connect(home.database_url)
    with open_session(engine) as reading:
        names = [title.title for title in titles.read_all(reading)]
    engine.dispose()
    return names


def error_line(done: CommandResult) -> str:
    """Return the one line of a command that failed as it should."""
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("rasika: ")]
    assert len(lines) == 1, done.stderr
    return lines[0].removeprefix("rasika: ")


def test_a_file_is_imported_told_of_and_enqueued(
    process: RunCommand, home: Lease, write_jsonl: Callable[..., Path]
) -> None:
    path = write_jsonl(EEGA, {**EEGA, "title": "Magadheera", "budget": 1})
    first = process("import", path)
    assert first.returncode == 0, first.stderr
    assert first.stderr == ""
    assert f"{path}: 2 new, 0 updated, 0 unchanged, 0 bad" in first.stdout
    assert "unknown fields: budget (1 lines)" in first.stdout
    assert stored_titles(home) == ["Eega", "Magadheera"]
    with redis.Redis.from_url(home.redis_url) as client:
        (job,) = Queue(queues.EMBEDDING_QUEUE, connection=client).jobs
        assert len(job.args[0]) == 2
        assert Queue(queues.MAINTENANCE_QUEUE, connection=client).count == 1
        again = process("import", path)
        assert "0 new, 0 updated, 2 unchanged, 0 bad" in again.stdout
        assert Queue(queues.EMBEDDING_QUEUE, connection=client).count == 1


def test_a_bad_line_is_told_by_number_field_and_reason(
    run_command: RunCommand, home: Lease, write_jsonl: Callable[..., Path]
) -> None:
    odd = {**EEGA, "title": "Odd", "\ud800[red]": 1}
    path = write_jsonl(EEGA, "{", {**EEGA, "year": 1}, json.dumps(odd))
    done = run_command("import", path)
    assert done.returncode == 0, done.stderr
    told = done.stderr.splitlines()
    assert told[0].startswith(f"{path}:2: not JSON")
    assert told[1].startswith(f"{path}:3: year: ")
    assert "2 new, 0 updated, 0 unchanged, 2 bad" in done.stdout
    assert "\\ud800[red]" in done.stdout
    assert stored_titles(home) == ["Eega", "Odd"]


def test_many_bad_lines_are_counted(
    run_command: RunCommand, write_jsonl: Callable[..., Path]
) -> None:
    done = run_command("import", write_jsonl(EEGA, *["{"] * 50))
    assert len(done.stderr.splitlines()) == 21
    assert "50 bad" in done.stdout


def test_a_file_without_a_good_line_fails(
    run_command: RunCommand, write_jsonl: Callable[..., Path]
) -> None:
    path = write_jsonl("{", "[]")
    assert error_line(run_command("import", path)) == f"no line of {path} could be imported"


def test_what_can_be_read_is_imported_beside_what_cannot(
    run_command: RunCommand, home: Lease, write_jsonl: Callable[..., Path], tmp_path: Path
) -> None:
    good, absent, cut = write_jsonl(EEGA), tmp_path / "absent.jsonl", tmp_path / "cut.jsonl.gz"
    lines = "".join(json.dumps({**EEGA, "title": f"Title {n}"}) + "\n" for n in range(300))
    packed = gzip.compress(lines.encode())
    cut.write_bytes(packed[:-9])
    told = error_line(run_command("import", absent, cut, good))
    assert told.startswith(f"{absent}: no such file; {cut}: ")
    assert len(stored_titles(home)) == 301
    with redis.Redis.from_url(home.redis_url) as client:
        assert Queue(queues.EMBEDDING_QUEUE, connection=client).count == 1


def test_columns_are_mapped(run_command: RunCommand, home: Lease, tmp_path: Path) -> None:
    path = tmp_path / "films.csv"
    path.write_text("type,name,plot\nmovie,Eega,A fly\n", encoding="utf-8")
    mapped = [
        word for pair in ("kind=type", "title=name", "synopsis.en=plot") for word in ("--map", pair)
    ]
    assert run_command("import", *mapped, path).returncode == 0
    assert stored_titles(home) == ["Eega"]
    assert "no column" in error_line(run_command("import", "--map", "title=film", path))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["import"], "files"),
        (["import", "--map", "title", "x"], "'title' is not FIELD=COLUMN"),
        (["import", "--format", "ratings", "x"], "titles or interactions"),
        (["export", "people", "x"], "titles or interactions"),
        (["bench", "nothing"], "choose one of"),
        (["search", "--limit", "0", "x"], "--limit"),
        (["serve", "--port", "99999"], "--port"),
        (["sing"], "sing"),
    ],
)
def test_wrong_usage_is_told(run_command: RunCommand, arguments: list[str], told: str) -> None:
    done = run_command(*arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_command_the_commands_are_listed(process: RunCommand) -> None:
    done = process()
    assert done.returncode == 2
    for command in ("serve", "worker", "import", "export", "embed", "search", "doctor", "bench"):
        assert command in done.stdout + done.stderr


def test_an_export_is_an_import(
    run_command: RunCommand, home: Lease, write_jsonl: Callable[..., Path], tmp_path: Path
) -> None:
    run_command("import", write_jsonl(EEGA))
    exported = tmp_path / "out.jsonl.gz"
    done = run_command("export", "titles", exported)
    assert f"{exported}: 1 titles" in done.stdout
    with gzip.open(exported, "rt", encoding="utf-8") as stream:
        assert json.loads(stream.read()) == EEGA
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".part")] == []
    assert "1 unchanged" in run_command("import", exported).stdout


def test_an_export_to_nowhere_fails_readably(run_command: RunCommand, tmp_path: Path) -> None:
    told = error_line(run_command("export", "titles", tmp_path / "no" / "out.jsonl"))
    assert "no such file or directory" in told


def test_a_title_is_found_once_it_is_embedded(
    run_command: RunCommand, write_jsonl: Callable[..., Path]
) -> None:
    other = {"kind": "movie", "title": "Lagaan", "synopsis": {"en": "Villagers play cricket."}}
    run_command("import", write_jsonl(other, EEGA))
    embedded = run_command("embed")
    assert embedded.returncode == 0, embedded.stderr
    assert embedded.stdout.startswith("2 titles embedded")
    assert run_command("embed", "--all").stdout.startswith("0 titles embedded")
    found = run_command("search", "an insect avenges a murder", "--limit", "1")
    assert "Eega" in found.stdout
    assert "Lagaan" not in found.stdout
    assert run_command("reindex").stdout.startswith("2 titles")
    copied = run_command("reindex", "--engine", "pgvector").stdout
    assert "2 titles copied into pgvector" in copied
    assert "searches compared, all results exact" in copied
    elsewhere = {"RASIKA_INDEX": "pgvector"}
    found = run_command("search", "an insect avenges a murder", "--limit", "1", **elsewhere)
    assert "Eega" in found.stdout
    assert "ok  index        pgvector, exact, 2 titles" in run_command("doctor", **elsewhere).stdout
    assert run_command("reindex", "--engine", "paper").returncode == 2


def test_doctor_finds_the_embedded_default_well(run_command: RunCommand) -> None:
    done = run_command("doctor")
    assert done.returncode == 0, done.stdout
    for what in ("python", "settings", "postgres", "valkey", "embedder", "catalogue", "index"):
        assert f"ok  {what}" in done.stdout or f"--  {what}" in done.stdout
    assert "(embedded), pgvector" in done.stdout
    assert "384 dimensions, " in done.stdout  # and what runs the model
    assert "RASIKA_HOME" in done.stdout


def test_doctor_counts_what_is_not_embedded(
    run_command: RunCommand, write_jsonl: Callable[..., Path]
) -> None:
    run_command("import", write_jsonl(EEGA))
    assert "--  catalogue    1 titles, 0 embedded; `rasika embed`" in run_command("doctor").stdout
    run_command("embed")
    assert "ok  catalogue    1 titles, 1 embedded\n" in run_command("doctor").stdout


def test_doctor_tells_why_a_model_cannot_be_loaded(
    run_command: RunCommand, write_jsonl: Callable[..., Path]
) -> None:
    run_command("import", write_jsonl(EEGA))
    done = run_command("doctor", RASIKA_EMBEDDER="sentence-transformers:/no/such/model")
    assert done.returncode == 1
    assert "!!  embedder     embedder /no/such/model is not available: " in done.stdout
    assert "--  catalogue    1 titles\n" in done.stdout


def test_doctor_tells_of_a_database_that_cannot_be_reached(run_command: RunCommand) -> None:
    done = run_command("doctor", RASIKA_DATABASE_URL="postgresql://me:s3cret@127.0.0.1:1/films")
    assert done.returncode == 1
    (line,) = [each for each in done.stdout.splitlines() if each.startswith("!!")]
    assert line.startswith("!!  servers")
    assert all(each[:2] in ("ok", "--", "!!") for each in done.stdout.splitlines())
    assert "127.0.0.1" in done.stdout
    assert "s3cret" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_tells_of_settings_that_cannot_be(run_command: RunCommand) -> None:
    done = run_command("doctor", RASIKA_INDEX="paper")
    assert done.returncode == 1
    assert "!!  settings     RASIKA_INDEX: " in done.stdout


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            {"RASIKA_DATABSE_URL": "x"},
            "RASIKA_DATABSE_URL is no setting of Rasika; did you mean RASIKA_DATABASE_URL?",
        ),
        ({"RASIKA_SEED": "perhaps"}, "RASIKA_SEED: "),
        ({"RASIKA_TRUSTED_PROXIES": "[red]nowhere"}, "RASIKA_TRUSTED_PROXIES: '[red]nowhere'"),
    ],
)
def test_settings_that_cannot_be_are_told_by_name(
    process: RunCommand, settings: dict[str, str], told: str
) -> None:
    done = process("reindex", **settings)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"rasika: {told}")


@pytest.mark.parametrize("command", [["import", "x.jsonl"], ["worker", "--burst"]])
def test_a_database_that_cannot_be_reached_is_told(process: RunCommand, command: list[str]) -> None:
    away = "postgresql://me:s3cret@127.0.0.1:1/films"
    told = error_line(process(*command, RASIKA_DATABASE_URL=away))
    assert told.startswith("PostgreSQL: ")
    assert "s3cret" not in told


def test_without_redis_an_import_still_imports_and_a_worker_tells(
    run_command: RunCommand, home: Lease, write_jsonl: Callable[..., Path]
) -> None:
    away = {"RASIKA_REDIS_URL": "redis://127.0.0.1:1"}
    done = run_command("import", write_jsonl(EEGA), **away)
    assert done.returncode == 0
    assert "jobs not queued" in done.stderr
    assert stored_titles(home) == ["Eega"]
    assert error_line(run_command("worker", "--burst", **away)).startswith("Redis: ")


def test_a_model_that_is_not_there_is_told(run_command: RunCommand) -> None:
    told = error_line(run_command("embed", RASIKA_EMBEDDER="sentence-transformers:/no/such/model"))
    assert "sentence-transformers" in told


def test_an_import_killed_in_the_middle_is_finished_by_the_next(
    run_command: RunCommand, home: Lease, tmp_path: Path
) -> None:
    path = tmp_path / "many.jsonl"
    count = 3_000

    def line(number: int) -> dict[str, Any]:
        people = [{"name": f"Person {number % 97}"}]
        ids = {"x": number}
        return {"kind": "movie", "title": f"Title {number}", "people": people, "external_ids": ids}

    lines = "".join(json.dumps(line(number)) + "\n" for number in range(count))
    path.write_text(lines, encoding="utf-8")
    process = psutil.Popen(
        [sys.executable, "-m", "scripts.cli", "import", str(path)],
        cwd=tmp_path,
        env=environment(RASIKA_HOME=_folder(home)),
    )
    deadline = time.monotonic() + 60
    while not stored_titles(home):
        assert process.is_running()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    some = stored_titles(home)
    assert 0 < len(some) < count
    assert len(some) % 500 == 0  # whole batches
    done = run_command("import", path)
    assert f"{count - len(some):,} new, 0 updated, {len(some):,} unchanged, 0 bad" in done.stdout
    assert sorted(stored_titles(home)) == sorted(f"Title {number}" for number in range(count))
