"""The home folder: where everything lies, and the error that names it."""

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

_SOCKET_PATH_BYTES = 100  # the kernel takes 107 on Linux, 103 on macOS
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")  # needs no quoting in any configuration or URL

_SHORT = Path("/tmp")  # noqa: S108 -- for a long TMPDIR; the folder in it is checked to be ours

_ELSEWHERE = "set RASIKA_HOME to a folder that this user may write, or run as its owner"
_MENDS = {
    errno.ENOSPC: "free some disk space and start again",
    errno.EDQUOT: "free some of this user's disk quota and start again",
    errno.EEXIST: "move that file away, or set RASIKA_HOME to a folder",
    errno.ENOTDIR: "move that file away, or set RASIKA_HOME to a folder",
}


class EmbeddedServicesError(Exception):
    """The embedded servers cannot run: why, and what the reader can do about it."""

    def __init__(self, home: Path, reason: str, mend: str) -> None:
        super().__init__(home, reason, mend)
        self.home = home
        self.reason = reason
        self.mend = mend

    def __str__(self) -> str:
        return " ".join(f"embedded services in {self.home}: {self.reason}; {self.mend}".split())


@contextmanager
def readable_errors(home: Path) -> Iterator[None]:
    """Turn the file system's refusals into an EmbeddedServicesError that names the file."""
    try:
        yield
    except TimeoutError as error:
        mend = "try again, or end the process that holds it"
        raise EmbeddedServicesError(home, str(error), mend) from error
    except OSError as error:
        reason = f"{error.filename or home}: {error.strerror or error}"
        mend = _MENDS.get(error.errno or 0, _ELSEWHERE)
        raise EmbeddedServicesError(home, reason, mend) from error


@dataclass(frozen=True)
class Home:
    """A resolved home folder; every other path follows from it."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> Self:
        """Resolve a path, which need not exist.

        Raises: EmbeddedServicesError.
        """
        try:
            return cls(path.expanduser().resolve())
        except (OSError, RuntimeError) as error:  # a loop of links; no such user
            raise EmbeddedServicesError(path, str(error), "set RASIKA_HOME to a folder") from error

    @property
    def run(self) -> Path:
        """Locks and notes, of use only while something runs."""
        return self.path / "run"

    @property
    def start_lock(self) -> Path:
        """Taken, for a short while, by whoever joins, starts or stops."""
        return self.run / "start.lock"

    @property
    def holders_lock(self) -> Path:
        """Shared by all leases: taken as long as anybody needs the servers."""
        return self.run / "holders.lock"

    @property
    def supervisor_lock(self) -> Path:
        """Taken by the supervisor for all its life."""
        return self.run / "supervisor.lock"

    @property
    def supervisor_pid(self) -> Path:
        """For the reader; whether the supervisor lives, its lock tells."""
        return self.run / "supervisor.pid"

    @property
    def socket_folder_note(self) -> Path:
        """Names the socket folder in use: TMPDIR may differ between the processes that share it."""
        return self.run / "socket-folder"

    @property
    def log(self) -> Path:
        """What the supervisor and both servers have to say."""
        return self.path / "log" / "services.log"

    @property
    def postgres(self) -> Path:
        """The parent of the data folder, in which a new one is made."""
        return self.path / "postgres"

    @property
    def postgres_data(self) -> Path:
        """A complete data folder, whenever it exists."""
        return self.postgres / "data"

    @property
    def valkey(self) -> Path:
        """The append-only files, and the pid file."""
        return self.path / "valkey"

    def wish(self, name: ServerName) -> Path:
        """Its presence asks the supervisor to run that server."""
        return self.run / f"want-{name}"

    def failure(self, name: ServerName) -> Path:
        """Two lines, reason and mend; its modification time is the time of the failure."""
        return self.run / f"failure-{name}"

    def prepare(self) -> None:
        """Make the folders.

        Raises: EmbeddedServicesError when the file system refuses.
        """
        with readable_errors(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            self.postgres.mkdir(exist_ok=True)
            for private in (self.run, self.log.parent, self.valkey):
                private.mkdir(mode=0o700, exist_ok=True)

    def note_socket_folder(self) -> Path:
        """Make the folder for the sockets, and note it for those who connect."""
        folder = self.socket_folder() or self._preferred_socket_folder()
        folder.mkdir(mode=0o700, exist_ok=True)
        self._require_private(folder)
        replace_text(self.socket_folder_note, str(folder))
        return folder

    def socket_folder(self) -> Path | None:
        """Read the note; one that was copied from another home does not count."""
        noted = Path(read_text(self.socket_folder_note))
        ours = noted == self._near_sockets or noted.name == self._far_sockets.name
        return noted if ours else None

    def _preferred_socket_folder(self) -> Path:
        choices = (self._near_sockets, self._far_sockets, _SHORT / self._far_sockets.name)
        return next(filter(_is_fit_for_sockets, choices), choices[-1])

    @property
    def _near_sockets(self) -> Path:
        return self.path / "sockets"

    @property
    def _far_sockets(self) -> Path:
        digest = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"rasika-{os.getuid()}-{digest}"

    def _require_private(self, folder: Path) -> None:
        """Refuse a folder that somebody else could have put into a shared temporary folder."""
        found = folder.lstat()
        trusted = {os.getuid()} if os.getuid() else {0, _owner(self.postgres_data)}
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in trusted:
            reason = f"the socket folder {folder} belongs to somebody else"
            raise EmbeddedServicesError(self.path, reason, f"remove {folder}, or set TMPDIR")


def _is_fit_for_sockets(folder: Path) -> bool:
    longest = len(os.fsencode(folder / POSTGRES_SOCKET))
    return longest <= _SOCKET_PATH_BYTES and _PLAIN_PATH.fullmatch(str(folder)) is not None


def read_text(path: Path) -> str:
    """Read a note, empty when there is none."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return ""


def replace_text(path: Path, text: str) -> None:
    """Write so that no reader ever sees half of it."""
    draft = path.with_name(f"{path.name}.new")
    draft.write_text(f"{text}\n")
    draft.replace(path)


def _owner(path: Path) -> int:
    try:
        return path.stat().st_uid
    except FileNotFoundError:
        return os.getuid()
