"""Real servers under temporary homes; each test leaves no process behind."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from sqlalchemy.engine import make_url

from embedded.home_folder import EmbeddedServicesError
from embedded.lease import Lease, acquire
from embedded.status import ServicesStatus, read_status
from tests.rasika_process import PROJECT_FOLDER
from tests.waiting import wait_until

HOLDER_PROGRAM = """
import sys
from pathlib import Path
from embedded.lease import acquire
lease = acquire(Path(sys.argv[1]))
print(lease.database_url, lease.redis_url, flush=True)
sys.stdin.read()
"""
SESSION_PROGRAM = """
import sys, time, psycopg
url = sys.argv[1].replace("+psycopg", "")
session = psycopg.connect(url)
print(session.info.backend_pid, flush=True)
time.sleep(60)
"""


def is_quiet(home: Path) -> bool:
    now = read_status(home)
    return (now.supervisor_pid, now.postgres_pid, now.valkey_pid) == (None, None, None)


def has_ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def stop_services(home: Path) -> None:
    """For tests that killed something: whatever still runs on the home is stopped."""
    acquire(home, postgres=False, valkey=False).release()
    wait_until(lambda: is_quiet(home))


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its data folder is made once; the tests that use it leave it intact."""
    return tmp_path_factory.mktemp("shared") / "home"


@pytest.fixture
def home(shared_home: Path) -> Iterator[Path]:
    yield shared_home
    stop_services(shared_home)


@pytest.fixture
def new_home(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "home"
    yield home
    if home.is_dir():
        stop_services(home)


@contextmanager
def holder(home: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds a lease; its first line of output tells that it does."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER_PROGRAM, str(home)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT_FOLDER), *sys.path])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process


def first_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def query(lease: Lease, sql: str) -> object:
    url = make_url(lease.database_url).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        answer = connection.execute(sql.encode())
        row = answer.fetchone() if answer.description else None
    return row[0] if row else None


def running(home: Path) -> ServicesStatus:
    now = read_status(home)
    assert now.supervisor_pid is not None
    return now


def kill(pid: int | None) -> None:
    assert pid is not None
    process = psutil.Process(pid)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: has_ended(process))


@contextmanager
def working_session(lease: Lease) -> Iterator[psutil.Process]:
    """Another process's session; gives the server's side of it."""
    command = [sys.executable, "-c", SESSION_PROGRAM, lease.database_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
        try:
            yield psutil.Process(int(first_line(client)))
        finally:
            client.kill()


def test_both_servers_answer(home: Path) -> None:
    with acquire(home) as lease:
        assert query(lease, "SELECT current_database()") == "rasika"
        assert query(lease, "SHOW server_encoding") == "UTF8"
        query(lease, "CREATE EXTENSION vector")
        assert query(lease, "SELECT '[1,2]'::vector <-> '[1,5]'::vector") == 3.0
        with redis.Redis.from_url(lease.redis_url) as client:
            client.set("key", "value")
            assert client.get("key") == b"value"


def test_no_server_listens_on_a_port(home: Path) -> None:
    with acquire(home) as lease:
        assert query(lease, "SHOW listen_addresses") == ""
        with redis.Redis.from_url(lease.redis_url) as client:
            assert client.config_get("port") == {"port": "0"}


def test_second_process_joins_and_the_last_one_stops_them(home: Path) -> None:
    with holder(home) as other:
        assert first_line(other)
        before = running(home)
        with acquire(home) as lease:
            assert running(home) == before
            other.communicate(input="")
            assert query(lease, "SELECT 1") == 1
            assert running(home) == before
    wait_until(lambda: is_quiet(home))
    assert not read_status(home).in_use


def test_data_outlives_the_servers(home: Path) -> None:
    with acquire(home) as lease:
        query(lease, "CREATE TABLE film AS SELECT 'Sholay' AS name")
        with redis.Redis.from_url(lease.redis_url) as client:
            client.set("film", "Sholay")
    wait_until(lambda: is_quiet(home))
    with acquire(home) as lease:
        assert query(lease, "SELECT name FROM film") == "Sholay"
        with redis.Redis.from_url(lease.redis_url) as client:
            assert client.get("film") == b"Sholay"


def test_server_asked_for_later_is_started_too(home: Path) -> None:
    with acquire(home, postgres=False) as first:
        assert first.database_url == ""
        before = running(home)
        assert before.postgres_pid is None
        with acquire(home, valkey=False) as second:
            assert query(second, "SELECT 1") == 1
            assert running(home).supervisor_pid == before.supervisor_pid


def test_killed_holder_takes_the_servers_along(home: Path) -> None:
    with holder(home) as other:
        assert first_line(other)
        assert read_status(home).in_use
        other.kill()
    wait_until(lambda: is_quiet(home))


def test_killed_supervisor_is_replaced_and_servers_adopted(home: Path) -> None:
    with acquire(home) as first:
        before = running(home)
        kill(before.supervisor_pid)
        with acquire(home) as second:
            after = running(home)
            assert after.supervisor_pid != before.supervisor_pid
            assert (after.postgres_pid, after.valkey_pid) == (
                before.postgres_pid,
                before.valkey_pid,
            )
            assert first.addresses == second.addresses
    wait_until(lambda: is_quiet(home))


def test_last_lease_stops_servers_whose_supervisor_was_killed(home: Path) -> None:
    with acquire(home):
        kill(running(home).supervisor_pid)
    wait_until(lambda: is_quiet(home))


def test_told_supervisor_stops_everything(home: Path) -> None:
    with acquire(home):
        supervisor = running(home).supervisor_pid
        assert supervisor is not None
        os.kill(supervisor, signal.SIGTERM)
        wait_until(lambda: is_quiet(home))


def test_killed_servers_come_back_with_committed_data(home: Path) -> None:
    with acquire(home) as lease:
        query(lease, "CREATE TABLE epic AS SELECT 'Nayakan' AS name")
        before = running(home)
        kill(before.postgres_pid)
        kill(before.valkey_pid)
        wait_until(lambda: read_status(home).postgres_pid not in (None, before.postgres_pid))
        with acquire(home) as again:
            assert query(again, "SELECT name FROM epic") == "Nayakan"
            assert running(home).valkey_pid != before.valkey_pid


def test_busy_session_of_a_killed_postmaster_does_not_block_the_next(home: Path) -> None:
    with acquire(home, valkey=False) as lease:
        before = running(home).postgres_pid
        with working_session(lease) as session:
            os.kill(session.pid, signal.SIGSTOP)  # it cannot notice that its postmaster is gone
            kill(before)
            with acquire(home, valkey=False) as again:
                assert query(again, "SELECT 1") == 1
            wait_until(lambda: has_ended(session))


def test_servers_come_back_when_their_sockets_are_swept_away(home: Path) -> None:
    with acquire(home) as lease:
        folder = make_url(lease.database_url).query["host"]
        assert isinstance(folder, str)
        shutil.rmtree(folder)
        wait_until(lambda: Path(folder, ".s.PGSQL.5432").exists())
        with acquire(home) as again:
            assert query(again, "SELECT 1") == 1


def test_half_made_data_folder_is_made_anew(new_home: Path) -> None:
    half_made = new_home / "postgres" / "data.new"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    with acquire(new_home, valkey=False) as lease:
        assert query(lease, "SELECT 1") == 1
    assert not half_made.exists()


def test_pid_file_naming_a_stranger_is_no_obstacle(home: Path) -> None:
    with acquire(home, valkey=False):
        pid_file = home / "postgres" / "data" / "postmaster.pid"
        stale = pid_file.read_text().splitlines()
    wait_until(lambda: is_quiet(home))
    stranger = str(os.getpid())  # alive, and surely no PostgreSQL
    pid_file.write_text("\n".join([stranger, *stale[1:], ""]))
    owner = pid_file.parent.stat()
    os.chown(pid_file, owner.st_uid, owner.st_gid)
    with acquire(home, valkey=False) as lease:
        assert query(lease, "SELECT 1") == 1


def test_removed_home_takes_the_servers_along(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with acquire(home):
        now = running(home)
        pids = (now.supervisor_pid, now.postgres_pid, now.valkey_pid)
        members = [psutil.Process(pid) for pid in pids]
        shutil.rmtree(home)
        wait_until(lambda: all(has_ended(member) for member in members))


@pytest.mark.parametrize("name", ["long" * 40, "with space 'and' \"quotes\", కథ"])
def test_any_home_path_works(tmp_path: Path, name: str) -> None:
    home = tmp_path / name / "home"
    with acquire(home) as lease:
        folder = make_url(lease.database_url).query["host"]
        assert isinstance(folder, str)
        assert Path(folder).parent == Path(tempfile.gettempdir())
        assert stat.S_IMODE(Path(folder).stat().st_mode) == 0o700
        assert query(lease, "SELECT 1") == 1
        with redis.Redis.from_url(lease.redis_url) as client:
            assert client.ping()
    wait_until(lambda: is_quiet(home))
    assert not Path(folder).exists()


def test_home_below_a_closed_folder_works_and_leaves_it_closed(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    home = closed / "home"
    with acquire(home) as lease:
        assert query(lease, "SELECT 1") == 1
    wait_until(lambda: is_quiet(home))
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "postgres" / "data").stat().st_mode) == 0o700


def test_file_in_place_of_the_home_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("not a folder")
    with pytest.raises(EmbeddedServicesError, match="File exists; move that file away"):
        acquire(home)


def test_data_of_another_major_version_is_refused(new_home: Path) -> None:
    data = new_home / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("12\n")
    with pytest.raises(EmbeddedServicesError, match=r"of PostgreSQL 12.*dump it") as refusal:
        acquire(new_home)
    assert "\n" not in str(refusal.value)
    wait_until(lambda: is_quiet(new_home))
    assert "PostgreSQL 12" in read_status(new_home).failures[0]


def test_damaged_data_is_reported_with_the_server_s_words(new_home: Path) -> None:
    with acquire(new_home, valkey=False):
        pass
    wait_until(lambda: is_quiet(new_home))
    (new_home / "postgres" / "data" / "global" / "pg_control").unlink()
    with pytest.raises(EmbeddedServicesError, match="could not find the database system"):
        acquire(new_home, valkey=False)


def test_eight_processes_at_once_share_the_servers(new_home: Path) -> None:
    with ExitStack() as stack:
        others = [stack.enter_context(holder(new_home)) for _ in range(8)]
        addresses = {first_line(other) for other in others}
        now = running(new_home)
        for other in others:
            other.communicate(input="")
    assert len(addresses) == 1
    assert addresses.pop().startswith("postgresql+psycopg://")
    assert None not in (now.postgres_pid, now.valkey_pid)
    wait_until(lambda: is_quiet(new_home))


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
def test_data_folder_restored_by_root_is_given_to_its_user(home: Path) -> None:
    with acquire(home, valkey=False) as lease:
        query(lease, "CREATE TABLE classic AS SELECT 'Sholay' AS name")
    wait_until(lambda: is_quiet(home))
    data = home / "postgres" / "data"
    for path in (data, *data.rglob("*")):
        os.chown(path, 0, 0)
    data.chmod(0o755)
    with acquire(home, valkey=False) as lease:
        assert query(lease, "SELECT name FROM classic") == "Sholay"


def test_status_of_a_missing_home_makes_nothing(new_home: Path) -> None:
    now = read_status(new_home)
    assert (now.in_use, now.supervisor_pid, now.failures) == (False, None, ())
    assert not new_home.exists()
