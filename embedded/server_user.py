"""Who runs PostgreSQL: it refuses to run as root, so root lends it to a system user."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil

from embedded import processes
from embedded.binaries import run
from embedded.home_folder import EmbeddedServicesError, Home
from embedded.service_log import record

SYSTEM_USER = "embedded_postgres"
_LAST_RESORT = "nobody"

# A home or a virtual environment may lie below a folder that only root enters. Rather than open
# that folder to everybody, PostgreSQL gets the right to pass. The secure bit makes access(2)
# respect that right: initdb and postgres look for each other with it. Least powers first.
_POWERS = (
    (),
    ("dac_read_search", "no_setuid_fixup"),
    ("dac_override", "no_setuid_fixup"),
    ("dac_read_search",),  # where secure bits are forbidden; enough for a home
)
_PROBE_TIMEOUT_S = 20.0
_PROBE = 'cd "$1" && exec "$2" --version'


@dataclass(frozen=True)
class Account:
    """The user of a data folder, and the words before a command that run it as that user."""

    uid: int
    gid: int
    prefix: tuple[str, ...]
    version: str  # of PostgreSQL, as it told this user: "18.6"

    def own(self, path: Path) -> None:
        """Give a folder to the user, for itself alone."""
        os.chown(path, self.uid, self.gid, follow_symlinks=False)
        path.chmod(0o700)

    def own_contents(self, folder: Path) -> None:
        """Give all that is in a folder to the user."""
        for path in folder.rglob("*"):
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def working_folder(self, process: psutil.Process) -> Path | None:
        """Ask as the user: in a container even root may not look at another user's process."""
        if not self.prefix:
            return processes.working_folder(process)
        command = [*self.prefix, "readlink", f"/proc/{process.pid}/cwd"]
        try:
            return Path(run(command, timeout_s=_PROBE_TIMEOUT_S).stdout.rstrip("\n"))
        except (OSError, subprocess.SubprocessError):  # it has ended meanwhile
            return None


def account_for(home: Home, postgres: Path) -> Account:
    """Find the user who owns the data folder, or will.

    Raises: EmbeddedServicesError when that user can reach the home or the binaries in no way.
    """
    user = _root_substitute(home) if os.getuid() == 0 else _ourselves(home)
    refusals: list[str] = []
    for prefix in _prefixes(user):
        try:
            return Account(user.pw_uid, user.pw_gid, prefix, _version(prefix, home, postgres))
        except (OSError, subprocess.SubprocessError) as error:
            refusals.append(_words_of(error))
    raise _unreachable(home, postgres, user, refusals[0])


def _prefixes(user: pwd.struct_passwd) -> list[tuple[str, ...]]:
    if os.getuid() != 0:
        return [()]
    identity = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    return [("setpriv", *identity, *_lend(*powers), "--") for powers in _POWERS]


def _lend(capability: str = "", *secure_bits: str) -> tuple[str, ...]:
    """Word a capability, and the bits that go with it, for setpriv."""
    if not capability:
        return ()
    bits = (f"--securebits=+{bit}" for bit in secure_bits)
    return (f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}", *bits)


def _version(prefix: tuple[str, ...], home: Home, postgres: Path) -> str:
    """Ask `postgres --version` from inside the home: the answer proves that both are open."""
    command = [*prefix, "/bin/sh", "-c", _PROBE, "sh", str(home.postgres), str(postgres)]
    return run(command, timeout_s=_PROBE_TIMEOUT_S).stdout.split()[-1]


def _words_of(error: OSError | subprocess.SubprocessError) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        return str(error.stderr).strip()
    return str(error)


def _ourselves(home: Home) -> pwd.struct_passwd:
    uid, gid = os.getuid(), os.getgid()
    data = home.postgres_data
    if data.exists() and data.stat().st_uid != uid:
        reason = f"{data} belongs to the user {_user(data.stat().st_uid).pw_name}"
        mend = "run as that user, or set RASIKA_HOME to a folder of your own"
        raise EmbeddedServicesError(home.path, reason, mend)
    known = _user(uid)
    return pwd.struct_passwd((*known[:2], uid, gid, *known[4:]))


def _root_substitute(home: Home) -> pwd.struct_passwd:
    """Take the owner of an existing data folder, else the system user, made if need be."""
    data = home.postgres_data
    if data.exists() and data.stat().st_uid != 0:
        return _user(data.stat().st_uid)
    return _known_user(SYSTEM_USER) or _new_user() or pwd.getpwnam(_LAST_RESORT)


def _new_user() -> pwd.struct_passwd | None:
    options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    try:
        run(["useradd", *options, SYSTEM_USER], timeout_s=_PROBE_TIMEOUT_S)
        record("user_created", name=SYSTEM_USER)
    except (OSError, subprocess.SubprocessError) as error:
        record("user_not_created", name=SYSTEM_USER, reason=_words_of(error))
    return _known_user(SYSTEM_USER)  # perhaps another home made it at the same moment


def _known_user(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _user(uid: int) -> pwd.struct_passwd:
    """Accept a number without a name too: containers have such users."""
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        return pwd.struct_passwd((str(uid), "x", uid, uid, "", "/", "/bin/sh"))


def _unreachable(
    home: Home, postgres: Path, user: pwd.struct_passwd, refusal: str
) -> EmbeddedServicesError:
    closed = _closed_folder(home.postgres, user) or _closed_folder(postgres.parent, user)
    if closed is None or os.getuid() != 0:
        mend = "run as another user, or point Rasika at a PostgreSQL of your own"
        reason = f"the user {user.pw_name} cannot run PostgreSQL: {refusal}"
        return EmbeddedServicesError(home.path, reason, mend)
    reason = f"the user {user.pw_name}, who runs PostgreSQL for root, may not enter {closed}"
    mend = f"set RASIKA_HOME to a folder elsewhere, or chmod o+x {closed}, or run as another user"
    return EmbeddedServicesError(home.path, reason, mend)


def _closed_folder(path: Path, user: pwd.struct_passwd) -> Path | None:
    """Find the first folder on the way from "/" that does not let the user pass."""
    for folder in (*reversed(path.parents), path):
        found = folder.stat()
        owns, shares = found.st_uid == user.pw_uid, found.st_gid == user.pw_gid
        needed = 0o100 if owns else 0o010 if shares else 0o001
        if not found.st_mode & needed:
            return folder
    return None
