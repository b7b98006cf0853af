"""The user that runs PostgreSQL: it refuses to run as root, so root uses a system user."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil

from embedded import processes
from embedded.binaries import run_command
from embedded.home_folder import EmbeddedServicesError, HomeFolder
from embedded.service_log import log_event

SYSTEM_USER_NAME = "embedded_postgres"
_FALLBACK_USER_NAME = "nobody"

# A home or a virtual environment may be in a folder that only root may enter. Instead of opening
# that folder to all users, PostgreSQL gets the capability to pass. The secure bit makes access(2)
# respect it, by which initdb and postgres find each other. Weakest first.
_CAPABILITY_SETS = (
    (),
    ("dac_read_search", "no_setuid_fixup"),
    ("dac_override", "no_setuid_fixup"),
    ("dac_read_search",),  # where secure bits are forbidden; enough for a home
)
_PROBE_TIMEOUT_S = 20.0
_PROBE = 'cd "$1" && exec "$2" --version'


@dataclass(frozen=True)
class ServerUser:
    """The user of a data folder, and the command prefix that runs a program as that user."""

    uid: int
    gid: int
    command_prefix: tuple[str, ...]
    postgres_version: str  # such as "18.6"

    def take_ownership(self, path: Path) -> None:
        """Make the user the owner of a folder, and the only one who may enter it."""
        os.chown(path, self.uid, self.gid, follow_symlinks=False)
        path.chmod(0o700)

    def take_ownership_of_contents(self, folder: Path) -> None:
        """Make the user the owner of a folder's contents."""
        for path in folder.rglob("*"):
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def working_folder_of(self, process: psutil.Process) -> Path | None:
        """Look as the user: in a container even root may not inspect other users' processes."""
        if not self.command_prefix:
            return processes.working_folder(process)
        command = [*self.command_prefix, "readlink", f"/proc/{process.pid}/cwd"]
        try:
            return Path(run_command(command, timeout_s=_PROBE_TIMEOUT_S).stdout.rstrip("\n"))
        except (OSError, subprocess.SubprocessError):  # the process has ended
            return None


def server_user_for(home: HomeFolder, postgres: Path) -> ServerUser:
    """Find the user that owns the data folder, or will own it.

    Raises: EmbeddedServicesError when that user cannot reach the home or the binaries.
    """
    user = _user_for_root(home) if os.getuid() == 0 else _current_user(home)
    refusals: list[str] = []
    for prefix in _command_prefixes(user):
        try:
            return ServerUser(
                user.pw_uid, user.pw_gid, prefix, _probe_postgres_version(prefix, home, postgres)
            )
        except (OSError, subprocess.SubprocessError) as error:
            refusals.append(_error_text(error))
    raise _unreachable_error(home, postgres, user, refusals[0])


def _command_prefixes(user: pwd.struct_passwd) -> list[tuple[str, ...]]:
    if os.getuid() != 0:
        return [()]
    identity = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    return [
        ("setpriv", *identity, *_capability_options(*powers), "--") for powers in _CAPABILITY_SETS
    ]


def _capability_options(capability: str = "", *secure_bits: str) -> tuple[str, ...]:
    """Return setpriv's options for a capability and its secure bits."""
    if not capability:
        return ()
    bits = (f"--securebits=+{bit}" for bit in secure_bits)
    return (f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}", *bits)


def _probe_postgres_version(prefix: tuple[str, ...], home: HomeFolder, postgres: Path) -> str:
    """Run `postgres --version` in the home, which proves that the user may enter both."""
    command = [*prefix, "/bin/sh", "-c", _PROBE, "sh", str(home.postgres_folder), str(postgres)]
    return run_command(command, timeout_s=_PROBE_TIMEOUT_S).stdout.split()[-1]


def _error_text(error: OSError | subprocess.SubprocessError) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        return str(error.stderr).strip()
    return str(error)


def _current_user(home: HomeFolder) -> pwd.struct_passwd:
    uid, gid = os.getuid(), os.getgid()
    data = home.postgres_data_folder
    if data.exists() and data.stat().st_uid != uid:
        reason = f"{data} belongs to the user {_user_of_uid(data.stat().st_uid).pw_name}"
        remedy = "run as that user, or set RASIKA_HOME to a folder of your own"
        raise EmbeddedServicesError(home.path, reason, remedy)
    known = _user_of_uid(uid)
    return pwd.struct_passwd((*known[:2], uid, gid, *known[4:]))


def _user_for_root(home: HomeFolder) -> pwd.struct_passwd:
    """Return the owner of an existing data folder, else the system user, created if need be."""
    data = home.postgres_data_folder
    if data.exists() and data.stat().st_uid != 0:
        return _user_of_uid(data.stat().st_uid)
    return (
        _find_user(SYSTEM_USER_NAME) or _create_system_user() or pwd.getpwnam(_FALLBACK_USER_NAME)
    )


def _create_system_user() -> pwd.struct_passwd | None:
    options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    try:
        run_command(["useradd", *options, SYSTEM_USER_NAME], timeout_s=_PROBE_TIMEOUT_S)
        log_event("user_created", name=SYSTEM_USER_NAME)
    except (OSError, subprocess.SubprocessError) as error:
        log_event("user_not_created", name=SYSTEM_USER_NAME, reason=_error_text(error))
    return _find_user(SYSTEM_USER_NAME)  # perhaps another home made it at the same moment


def _find_user(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _user_of_uid(uid: int) -> pwd.struct_passwd:
    """Accept a number without a name too: containers have such users."""
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        return pwd.struct_passwd((str(uid), "x", uid, uid, "", "/", "/bin/sh"))


def _unreachable_error(
    home: HomeFolder, postgres: Path, user: pwd.struct_passwd, refusal: str
) -> EmbeddedServicesError:
    closed = _first_closed_folder(home.postgres_folder, user) or _first_closed_folder(
        postgres.parent, user
    )
    if closed is None or os.getuid() != 0:
        remedy = "run as another user, or configure a PostgreSQL of your own"
        reason = f"the user {user.pw_name} cannot run PostgreSQL: {refusal}"
        return EmbeddedServicesError(home.path, reason, remedy)
    reason = f"the user {user.pw_name}, who runs PostgreSQL for root, may not enter {closed}"
    remedy = f"set RASIKA_HOME to a folder elsewhere, or chmod o+x {closed}, or run as another user"
    return EmbeddedServicesError(home.path, reason, remedy)


def _first_closed_folder(path: Path, user: pwd.struct_passwd) -> Path | None:
    """Find the first folder on the path from "/" that the user may not enter."""
    for folder in (*reversed(path.parents), path):
        found = folder.stat()
        owns, shares = found.st_uid == user.pw_uid, found.st_gid == user.pw_gid
        needed = 0o100 if owns else 0o010 if shares else 0o001
        if not found.st_mode & needed:
            return folder
    return None
