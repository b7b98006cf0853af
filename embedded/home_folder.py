"""The home folder: the paths of everything in it, and the error that names it."""

import errno
import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

ServerName = Literal["postgres", "valkey"]
SERVER_NAMES: tuple[ServerName, ...] = ("postgres", "valkey")

POSTGRES_SOCKET = ".s.PGSQL.5432"  # PostgreSQL derives the name from the port
VALKEY_SOCKET = "valkey.sock"

_MAX_SOCKET_PATH_BYTES = 100  # the kernel takes 107 on Linux, 103 on macOS
_UNQUOTED_PATH = re.compile(r"[A-Za-z0-9/._-]+")  # needs no quoting in any configuration or URL

_SHORT_TEMPORARY_FOLDER = Path("/tmp")  # noqa: S108 -- for a long TMPDIR; the folder in it is checked to be ours

_DEFAULT_REMEDY = "set RASIKA_HOME to a folder that this user may write, or run as its owner"
_REMEDIES = {
    errno.ENOSPC: "free some disk space and start again",
    errno.EDQUOT: "free some of this user's disk quota and start again",
    errno.EEXIST: "move that file away, or set RASIKA_HOME to a folder",
    errno.ENOTDIR: "move that file away, or set RASIKA_HOME to a folder",
}


class EmbeddedServicesError(Exception):
    """The embedded servers cannot run: why, and what the user can do about it."""

    def __init__(self, home: Path, reason: str, remedy: str) -> None:
        super().__init__(home, reason, remedy)
        self.home = home
        self.reason = reason
        self.remedy = remedy

    def __str__(self) -> str:
        return " ".join(f"embedded services in {self.home}: {self.reason}; {self.remedy}".split())


@contextmanager
def translate_os_errors(home: Path) -> Iterator[None]:
    """Turn errors of the file system into an EmbeddedServicesError that names the file."""
    try:
        yield
    except TimeoutError as error:
        remedy = "try again, or end the process that holds it"
        raise EmbeddedServicesError(home, str(error), remedy) from error
    except OSError as error:
        reason = f"{error.filename or home}: {error.strerror or error}"
        remedy = _REMEDIES.get(error.errno or 0, _DEFAULT_REMEDY)
        raise EmbeddedServicesError(home, reason, remedy) from error


@dataclass(frozen=True)
class HomeFolder:
    """A resolved home folder; every other path follows from it."""

    path: Path

    @classmethod
    def resolve(cls, path: Path) -> Self:
        """Resolve a path, which need not exist.

        Raises: EmbeddedServicesError.
        """
        try:
            return cls(path.expanduser().resolve())
        except (OSError, RuntimeError) as error:  # a loop of links; no such user
            raise EmbeddedServicesError(path, str(error), "set RASIKA_HOME to a folder") from error

    @property
    def run_folder(self) -> Path:
        """Locks and notes, used only while something runs."""
        return self.path / "run"

    @property
    def start_lock_file(self) -> Path:
        """Held briefly by processes that join, start or stop."""
        return self.run_folder / "start.lock"

    @property
    def lease_lock_file(self) -> Path:
        """Shared by all leases: locked as long as any process needs the servers."""
        return self.run_folder / "holders.lock"

    @property
    def lease_notes_folder(self) -> Path:
        """A note for each lease, from which the supervisor learns how its process ended."""
        return self.run_folder / "holders"

    @property
    def supervisor_lock_file(self) -> Path:
        """Held by the supervisor as long as it lives."""
        return self.run_folder / "supervisor.lock"

    @property
    def supervisor_pid_file(self) -> Path:
        """For people; whether the supervisor lives is known from its lock."""
        return self.run_folder / "supervisor.pid"

    @property
    def socket_folder_file(self) -> Path:
        """Names the socket folder in use: TMPDIR may differ between the processes that share it."""
        return self.run_folder / "socket-folder"

    @property
    def log_file(self) -> Path:
        """The log of the supervisor and both servers."""
        return self.path / "log" / "services.log"

    @property
    def postgres_folder(self) -> Path:
        """The parent of the data folder, in which a new one is made."""
        return self.path / "postgres"

    @property
    def postgres_data_folder(self) -> Path:
        """A complete data folder, whenever it exists."""
        return self.postgres_folder / "data"

    @property
    def valkey_folder(self) -> Path:
        """The append-only files, and the pid file."""
        return self.path / "valkey"

    def request_marker(self, name: ServerName) -> Path:
        """Return the file whose presence makes the supervisor run that server."""
        return self.run_folder / f"want-{name}"

    def failure_report(self, name: ServerName) -> Path:
        """Two lines, reason and remedy; its modification time is the time of the failure."""
        return self.run_folder / f"failure-{name}"

    def create_folders(self) -> None:
        """Make the folders.

        Raises: EmbeddedServicesError when the file system refuses.
        """
        with translate_os_errors(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            self.postgres_folder.mkdir(exist_ok=True)
            for private in (
                self.run_folder,
                self.lease_notes_folder,
                self.log_file.parent,
                self.valkey_folder,
            ):
                private.mkdir(mode=0o700, exist_ok=True)

    def create_socket_folder(self) -> Path:
        """Create the folder for the sockets, and note it for clients."""
        folder = self.current_socket_folder() or self._preferred_socket_folder()
        folder.mkdir(mode=0o700, exist_ok=True)
        self._require_private(folder)
        write_text_atomically(self.socket_folder_file, str(folder))
        return folder

    def current_socket_folder(self) -> Path | None:
        """Read the note; one that was copied from another home does not count."""
        noted = Path(read_text_or_empty(self.socket_folder_file))
        ours = noted == self._home_socket_folder or noted.name == self._temporary_socket_folder.name
        return noted if ours else None

    def _preferred_socket_folder(self) -> Path:
        choices = (
            self._home_socket_folder,
            self._temporary_socket_folder,
            _SHORT_TEMPORARY_FOLDER / self._temporary_socket_folder.name,
        )
        return next(filter(_is_fit_for_sockets, choices), choices[-1])

    @property
    def _home_socket_folder(self) -> Path:
        return self.path / "sockets"

    @property
    def _temporary_socket_folder(self) -> Path:
        digest = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"rasika-{os.getuid()}-{digest}"

    def _require_private(self, folder: Path) -> None:
        """Refuse a folder that another user may have put into a shared temporary folder."""
        found = folder.lstat()
        trusted = {os.getuid()} if os.getuid() else {0, _owner(self.postgres_data_folder)}
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in trusted:
            reason = f"the socket folder {folder} belongs to another user"
            raise EmbeddedServicesError(self.path, reason, f"remove {folder}, or set TMPDIR")


def _is_fit_for_sockets(folder: Path) -> bool:
    longest = len(os.fsencode(folder / POSTGRES_SOCKET))
    return longest <= _MAX_SOCKET_PATH_BYTES and _UNQUOTED_PATH.fullmatch(str(folder)) is not None


def read_text_or_empty(path: Path) -> str:
    """Read a note, empty when there is none."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return ""


def write_text_atomically(path: Path, text: str) -> None:
    """Write so that no reader ever sees half of it."""
    draft = path.with_name(f"{path.name}.new")
    draft.write_text(f"{text}\n")
    draft.replace(path)


def _owner(path: Path) -> int:
    try:
        return path.stat().st_uid
    except FileNotFoundError:
        return os.getuid()
