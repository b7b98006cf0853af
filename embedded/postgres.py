"""One PostgreSQL server: its data folder, its settings, and the leftovers of a crash."""

import locale
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil

from embedded import processes, service_log
from embedded.binaries import postgres_binaries, run_command, server_environment
from embedded.home_folder import POSTGRES_SOCKET, EmbeddedServicesError, HomeFolder, ServerName
from embedded.server_user import ServerUser, server_user_for

SUPERUSER = "rasika"
# Sessions of a killed postmaster hold its shared memory, which blocks a new start.
_LEFTOVER_TIMEOUT_S = 5.0

_SERVER_SETTINGS = {  # for two cores and a few gigabytes shared with Python
    "port": "5432",  # only part of the socket's name
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "1GB",
    "fsync": "on",
    "jit": "off",  # compiling takes longer than our short queries
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}


class PostgresServer:
    """The PostgreSQL of a home."""

    name: ServerName = "postgres"
    stop_signal = signal.SIGINT  # "fast": ends sessions, keeps what was committed
    socket_name = POSTGRES_SOCKET
    error_markers: tuple[str, ...] = ("FATAL:", "PANIC:", "postgres:", "setpriv:")

    def __init__(self, home: HomeFolder) -> None:
        self.home = home

    def find_running(self) -> psutil.Process | None:
        """Find the living postmaster of the data folder."""
        data = self.home.postgres_data_folder
        return processes.find_by_pid_file(data / "postmaster.pid", "postgres", str(data))

    def launch(self) -> psutil.Process:
        """Start the server, on a new data folder if there is none.

        Raises: EmbeddedServicesError when waiting would not help.
        """
        binaries = postgres_binaries(self.home)
        account = server_user_for(self.home, binaries / "postgres")
        self._make_data_folder(account, binaries)
        self._require_readable_version(account)
        data = self.home.postgres_data_folder
        if data.stat().st_uid != account.uid:  # root's, as after restoring a backup
            account.take_ownership_of_contents(data)
        account.take_ownership(data)
        processes.clear_leftovers(
            lambda: list(_processes_using(account, data)), timeout_s=_LEFTOVER_TIMEOUT_S
        )
        _replace_stale_pid(data / "postmaster.pid")
        sockets = self.home.create_socket_folder()
        account.take_ownership(sockets)
        _remove_stale_socket(sockets)
        flags = {**_SERVER_SETTINGS, "unix_socket_directories": str(sockets)}
        settings = [word for key, value in flags.items() for word in ("-c", f"{key}={value}")]
        command = [*account.command_prefix, str(binaries / "postgres"), "-D", str(data), *settings]
        return psutil.Popen(command, stdin=subprocess.DEVNULL, env=server_environment())

    def _make_data_folder(self, account: ServerUser, binaries: Path) -> None:
        """Create it under another name, so that an incomplete data folder is never used."""
        data, new = self.home.postgres_data_folder, self.home.postgres_folder / "data.new"
        processes.kill_process_trees(list(_processes_using(account, new)))
        shutil.rmtree(new, ignore_errors=True)
        if data.exists() and any(data.iterdir()):
            return
        new.mkdir(mode=0o700)
        account.take_ownership(new)
        self._initdb([*account.command_prefix, str(binaries / "initdb")], new)
        new.rename(data)
        _sync_folder(self.home.postgres_folder)
        service_log.log_event("data_folder_created", version=account.postgres_version)

    def _initdb(self, initdb: list[str], folder: Path) -> None:
        options = ["--encoding=UTF8", f"--locale={_locale()}", "--auth=trust", "--no-instructions"]
        command = [*initdb, "-D", str(folder), "-U", SUPERUSER, *options]
        try:
            run_command(command)
        except subprocess.CalledProcessError as error:
            reason = f"initdb failed: {error.stderr}"
            raise EmbeddedServicesError(
                self.home.path, reason, f"see {self.home.log_file}"
            ) from error

    def _require_readable_version(self, account: ServerUser) -> None:
        """Refuse a data folder of another major version: it would not be readable."""
        data = self.home.postgres_data_folder
        try:
            made_by = (data / "PG_VERSION").read_text().strip()
        except FileNotFoundError as error:
            remedy = "move it away, or set RASIKA_HOME to another folder"
            reason = f"{data} is not a PostgreSQL data folder"
            raise EmbeddedServicesError(self.home.path, reason, remedy) from error
        if made_by != account.postgres_version.partition(".")[0]:
            reason = f"{data} is of PostgreSQL {made_by}, this is {account.postgres_version}"
            remedy = (
                f"dump it with PostgreSQL {made_by} and restore it here,"
                f" or remove {data} to start with an empty database"
            )
            raise EmbeddedServicesError(self.home.path, reason, remedy)


def _processes_using(account: ServerUser, folder: Path) -> Iterator[psutil.Process]:
    """Find the processes of a data folder, with or without a living postmaster."""
    for process in processes.find_by_name("postgres", "initdb", uid=account.uid):
        if _has_in_command_line(process, folder) or account.working_folder_of(process) == folder:
            yield process


def _has_in_command_line(process: psutil.Process, folder: Path) -> bool:
    try:
        return str(folder) in process.cmdline()
    except psutil.NoSuchProcess:
        return False


def _replace_stale_pid(pid_file: Path) -> None:
    """Replace a pid that now belongs to another program by our own.

    PostgreSQL treats its parent's pid as stale, but still checks the shared memory that the file
    names: removing the file would switch off that protection of the data.
    """
    pid = processes.read_pid(pid_file)
    if pid is not None and psutil.pid_exists(pid):
        rest = pid_file.read_text().partition("\n")[2]
        pid_file.write_text(f"{os.getpid()}\n{rest}")
        service_log.log_event("stale_pid_replaced", pid=pid)


def _remove_stale_socket(folder: Path) -> None:
    for name in (POSTGRES_SOCKET, f"{POSTGRES_SOCKET}.lock"):
        (folder / name).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make a rename durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _locale() -> str:
    """Return C.UTF-8, which classifies letters of all scripts, or C where it is missing."""
    try:
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return "C"
    return "C.UTF-8"
