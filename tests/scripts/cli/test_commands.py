"""The command line on an embedded home."""

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
from workers.job_table import EMBEDDING_QUEUE, MAINTENANCE_QUEUE

EEGA = {
    "kind": "movie",
    "title": "Eega",
    "year": 2012,
    "synopsis": {"en": "A murdered man is reborn as a housefly and takes revenge."},
}


@dataclass(frozen=True)
class CommandResult:
    """The exit code and the output of a command."""

    returncode: int
    stdout: str
    stderr: str


RunCommand = Callable[..., CommandResult]


def environment(**settings: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RASIKA_")}
    return {**clean, "PYTHONPATH": str(PROJECT_FOLDER), "RASIKA_SEED": "0", **settings}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lease]:
    """One home for all tests; the lease keeps its servers running."""
    folder = tmp_path_factory.mktemp("cli") / "home"
    with acquire(folder) as lease:
        yield lease


@pytest.fixture
def run_command(
    home: Lease, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> RunCommand:
    """Run a command in this process, which saves its start."""

    def run(*arguments: object, **settings: str) -> CommandResult:
        with monkeypatch.context() as patch:
            for name, value in {
                "RASIKA_HOME": _folder(home),
                "RASIKA_SEED": "0",
                **settings,
            }.items():
                patch.setenv(name, value)
            patch.setattr(
                logging_setup, "configure_logging", lambda: None
            )  # it would last beyond the test
            capsys.readouterr()
            code = 0
            try:
                main([str(argument) for argument in arguments])
            except SystemExit as exit_:
                code = int(exit_.code or 0)
            output = capsys.readouterr()
        return CommandResult(code, output.out, output.err)

    return run


@pytest.fixture
def run_process(home: Lease, tmp_path: Path) -> RunCommand:
    """Run a command in a process of its own."""

    def run(*arguments: object, **settings: str) -> CommandResult:
        completed = subprocess.run(
            [sys.executable, "-m", "scripts.cli", *map(str, arguments)],
            cwd=tmp_path,
            env=environment(**{"RASIKA_HOME": _folder(home), **settings}),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return CommandResult(completed.returncode, completed.stdout, completed.stderr)

    return run


def _folder(home: Lease) -> str:
    return str(home._home.path)


@pytest.fixture(autouse=True)
def _empty(home: Lease) -> None:
    """Remove the titles and jobs of the last test."""
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


def error_line(result: CommandResult) -> str:
    """Return the only error line of a command that failed."""
    assert result.returncode == 1, result.stderr
    assert "Traceback" not in result.stderr
    lines = [line for line in result.stderr.splitlines() if line.startswith("rasika: ")]
    assert len(lines) == 1, result.stderr
    return lines[0].removeprefix("rasika: ")


def test_import_stores_titles_and_enqueues_jobs(
    run_process: RunCommand, home: Lease, write_jsonl: Callable[..., Path]
) -> None:
    path = write_jsonl(EEGA, {**EEGA, "title": "Magadheera", "budget": 1})
    first = run_process("import", path)
    assert first.returncode == 0, first.stderr
    assert first.stderr == ""
    assert f"{path}: 2 new, 0 updated, 0 unchanged, 0 bad" in first.stdout
    assert "unknown fields: budget (1 lines)" in first.stdout
    assert stored_titles(home) == ["Eega", "Magadheera"]
    with redis.Redis.from_url(home.redis_url) as client:
        (job,) = Queue(EMBEDDING_QUEUE, connection=client).jobs
        assert len(job.args[1]) == 2
        assert Queue(MAINTENANCE_QUEUE, connection=client).count == 1
        again = run_process("import", path)
        assert "0 new, 0 updated, 2 unchanged, 0 bad" in again.stdout
        assert Queue(EMBEDDING_QUEUE, connection=client).count == 1


def test_bad_lines_are_reported_with_number_field_and_reason(
    run_command: RunCommand, home: Lease, write_jsonl: Callable[..., Path]
) -> None:
    unusual = {**EEGA, "title": "Odd", "\ud800[red]": 1}
    path = write_jsonl(EEGA, "{", {**EEGA, "year": 1}, json.dumps(unusual))
    result = run_command("import", path)
    assert result.returncode == 0, result.stderr
    lines = result.stderr.splitlines()
    assert lines[0].startswith(f"{path}:2: not JSON")
    assert lines[1].startswith(f"{path}:3: year: ")
    assert "2 new, 0 updated, 0 unchanged, 2 bad" in result.stdout
    assert "\\ud800[red]" in result.stdout
    assert stored_titles(home) == ["Eega", "Odd"]


def test_only_the_first_bad_lines_are_printed(
    run_command: RunCommand, write_jsonl: Callable[..., Path]
) -> None:
    result = run_command("import", write_jsonl(EEGA, *["{"] * 50))
    assert len(result.stderr.splitlines()) == 21
    assert "50 bad" in result.stdout


def test_import_without_a_good_line_fails(
    run_command: RunCommand, write_jsonl: Callable[..., Path]
) -> None:
    path = write_jsonl("{", "[]")
    assert error_line(run_command("import", path)) == f"no line of {path} could be imported"


def test_readable_files_are_imported_beside_unreadable_ones(
    run_command: RunCommand, home: Lease, write_jsonl: Callable[..., Path], tmp_path: Path
) -> None:
    good, missing, truncated = (
        write_jsonl(EEGA),
        tmp_path / "absent.jsonl",
        tmp_path / "cut.jsonl.gz",
    )
    lines = "".join(json.dumps({**EEGA, "title": f"Title {n}"}) + "\n" for n in range(300))
    packed = gzip.compress(lines.encode())
    truncated.write_bytes(packed[:-9])
    message = error_line(run_command("import", missing, truncated, good))
    assert message.startswith(f"{missing}: no such file; {truncated}: ")
    assert len(stored_titles(home)) == 301
    with redis.Redis.from_url(home.redis_url) as client:
        assert Queue(EMBEDDING_QUEUE, connection=client).count == 1


def test_import_maps_columns_to_fields(
    run_command: RunCommand, home: Lease, tmp_path: Path
) -> None:
    path = tmp_path / "films.csv"
    path.write_text("type,name,plot\nmovie,Eega,A fly\n", encoding="utf-8")
    options = [
        word for pair in ("kind=type", "title=name", "synopsis.en=plot") for word in ("--map", pair)
    ]
    assert run_command("import", *options, path).returncode == 0
    assert stored_titles(home) == ["Eega"]
    assert "no column" in error_line(run_command("import", "--map", "title=film", path))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["import"], "files"),
        (["import", "--map", "title", "x"], "'title' is not FIELD=COLUMN"),
        (["import", "--format", "ratings", "x"], "not one of 'titles', 'interactions'"),
        (["export", "people", "x"], "not one of 'titles', 'interactions'"),
        (["bench", "nothing"], "not one of 'index'"),
        (["search", "--limit", "0", "x"], "--limit"),
        (["search", "--region", "moon", "x"], "'moon' is not a region"),
        (["serve", "--port", "99999"], "--port"),
        (["sing"], "sing"),
    ],
)
def test_wrong_usage_exits_with_2(
    run_command: RunCommand, arguments: list[str], message: str
) -> None:
    result = run_command(*arguments)
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_commands_are_listed_without_arguments(run_process: RunCommand) -> None:
    result = run_process()
    assert result.returncode == 2
    for command in ("serve", "worker", "import", "export", "embed", "search", "doctor", "bench"):
        assert command in result.stdout + result.stderr


def test_help_loads_neither_the_api_nor_the_model() -> None:
    code = (
        "import sys, scripts.cli.main;"
        "print(*{'api', 'fastapi', 'numpy', 'sqlalchemy'} & sys.modules.keys())"
    )
    command = [sys.executable, "-c", code]
    output = subprocess.check_output(command, env=environment(), text=True)
    assert output == "\n"


def test_exported_titles_can_be_imported(
    run_command: RunCommand, home: Lease, write_jsonl: Callable[..., Path], tmp_path: Path
) -> None:
    run_command("import", write_jsonl(EEGA))
    exported = tmp_path / "out.jsonl.gz"
    result = run_command("export", "titles", exported)
    assert f"{exported}: 1 titles" in result.stdout
    with gzip.open(exported, "rt", encoding="utf-8") as stream:
        assert json.loads(stream.read()) == EEGA
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".part")] == []
    assert "1 unchanged" in run_command("import", exported).stdout


def test_export_to_a_missing_folder_fails(run_command: RunCommand, tmp_path: Path) -> None:
    message = error_line(run_command("export", "titles", tmp_path / "no" / "out.jsonl"))
    assert "no such file or directory" in message


def test_search_finds_embedded_titles(
    run_command: RunCommand, write_jsonl: Callable[..., Path]
) -> None:
    other = {"kind": "movie", "title": "Lagaan", "synopsis": {"en": "Villagers play cricket."}}
    run_command("import", write_jsonl(other, EEGA))
    embedded = run_command("embed")
    assert embedded.returncode == 0, embedded.stderr
    assert embedded.stdout.startswith("2 titles embedded")
    assert run_command("embed", "--all").stdout.startswith("0 titles embedded")
    results = run_command("search", "an insect avenges a murder", "--limit", "1")
    assert "Eega" in results.stdout
    assert "Lagaan" not in results.stdout
    assert run_command("reindex").stdout.startswith("2 titles")
    output = run_command("reindex", "--engine", "pgvector").stdout
    assert "2 titles copied into pgvector" in output
    assert "searches compared, all results exact" in output
    pgvector = {"RASIKA_INDEX": "pgvector"}
    results = run_command("search", "an insect avenges a murder", "--limit", "1", **pgvector)
    assert "Eega" in results.stdout
    assert "ok  index        pgvector, exact, 2 titles" in run_command("doctor", **pgvector).stdout
    assert run_command("reindex", "--engine", "paper").returncode == 2


def test_doctor_reports_the_embedded_default(run_command: RunCommand) -> None:
    result = run_command("doctor")
    assert result.returncode == 0, result.stdout
    for topic in ("python", "settings", "postgres", "valkey", "embedder", "catalogue", "index"):
        assert f"ok  {topic}" in result.stdout or f"--  {topic}" in result.stdout
    assert "(embedded), pgvector" in result.stdout
    assert "384 dimensions, " in result.stdout  # and what runs the model
    assert "RASIKA_HOME" in result.stdout


def test_doctor_counts_titles_without_a_vector(
    run_command: RunCommand, write_jsonl: Callable[..., Path]
) -> None:
    run_command("import", write_jsonl(EEGA))
    assert "--  catalogue    1 titles, 0 embedded; `rasika embed`" in run_command("doctor").stdout
    run_command("embed")
    assert "ok  catalogue    1 titles, 1 embedded\n" in run_command("doctor").stdout


def test_doctor_reports_why_a_model_cannot_be_loaded(
    run_command: RunCommand, write_jsonl: Callable[..., Path]
) -> None:
    run_command("import", write_jsonl(EEGA))
    result = run_command("doctor", RASIKA_EMBEDDER="sentence-transformers:/no/such/model")
    assert result.returncode == 1
    assert "!!  embedder     embedder /no/such/model is not available: " in result.stdout
    assert "--  catalogue    1 titles\n" in result.stdout


def test_doctor_reports_an_unreachable_database(run_command: RunCommand) -> None:
    result = run_command("doctor", RASIKA_DATABASE_URL="postgresql://me:s3cret@127.0.0.1:1/films")
    assert result.returncode == 1
    (line,) = [each for each in result.stdout.splitlines() if each.startswith("!!")]
    assert line.startswith("!!  servers")
    assert all(each[:2] in ("ok", "--", "!!") for each in result.stdout.splitlines())
    assert "127.0.0.1" in result.stdout
    assert "s3cret" not in result.stdout + result.stderr
    assert "Traceback" not in result.stderr


def test_doctor_reports_invalid_settings(run_command: RunCommand) -> None:
    result = run_command("doctor", RASIKA_INDEX="paper")
    assert result.returncode == 1
    assert "!!  settings     RASIKA_INDEX: " in result.stdout


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"RASIKA_DATABSE_URL": "x"},
            "RASIKA_DATABSE_URL is not a setting of Rasika; did you mean RASIKA_DATABASE_URL?",
        ),
        ({"RASIKA_SEED": "perhaps"}, "RASIKA_SEED: "),
        ({"RASIKA_TRUSTED_PROXIES": "[red]nowhere"}, "RASIKA_TRUSTED_PROXIES: '[red]nowhere'"),
    ],
)
def test_invalid_settings_are_reported_by_name(
    run_process: RunCommand, settings: dict[str, str], message: str
) -> None:
    result = run_process("reindex", **settings)
    assert result.returncode == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"rasika: {message}")


@pytest.mark.parametrize("command", [["import", "x.jsonl"], ["worker", "--burst"]])
def test_unreachable_database_is_reported_in_one_line(
    run_process: RunCommand, command: list[str]
) -> None:
    unreachable = "postgresql://me:s3cret@127.0.0.1:1/films"
    message = error_line(run_process(*command, RASIKA_DATABASE_URL=unreachable))
    assert message.startswith("PostgreSQL: ")
    assert "s3cret" not in message


def test_import_works_without_redis_and_worker_reports_it(
    run_command: RunCommand, home: Lease, write_jsonl: Callable[..., Path]
) -> None:
    unreachable = {"RASIKA_REDIS_URL": "redis://127.0.0.1:1"}
    result = run_command("import", write_jsonl(EEGA), **unreachable)
    assert result.returncode == 0
    assert "jobs not queued" in result.stderr
    assert stored_titles(home) == ["Eega"]
    assert error_line(run_command("worker", "--burst", **unreachable)).startswith("Redis: ")


def test_missing_model_is_reported_in_one_line(run_command: RunCommand) -> None:
    message = error_line(
        run_command("embed", RASIKA_EMBEDDER="sentence-transformers:/no/such/model")
    )
    assert "sentence-transformers" in message


def test_killed_import_is_completed_by_the_next(
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
    stored = len(stored_titles(home))
    assert 0 < stored < count
    assert stored % 500 == 0  # whole batches
    result = run_command("import", path)
    assert f"{count - stored:,} new, 0 updated, {stored:,} unchanged, 0 bad" in result.stdout
    assert sorted(stored_titles(home)) == sorted(f"Title {number}" for number in range(count))
