"""One Valkey server, with its append-only file."""

import os
import signal
import subprocess
from pathlib import Path

import psutil

from embedded import processes
from embedded.binaries import server_environment, valkey_binary
from embedded.home_folder import VALKEY_SOCKET, HomeFolder, ServerName

_LEFTOVER_TIMEOUT_S = 5.0


class ValkeyServer:
    """The Valkey of a home."""

    name: ServerName = "valkey"
    stop_signal = signal.SIGTERM
    socket_name = VALKEY_SOCKET
    error_markers: tuple[str, ...] = (" # ",)

    def __init__(self, home: HomeFolder) -> None:
        self.home = home

    def find_running(self) -> psutil.Process | None:
        """Find the living server of the folder."""
        return processes.find_by_pid_file(
            self._pid_file, "valkey-server", str(self.home.valkey_folder)
        )

    def launch(self) -> psutil.Process:
        """Start the server.

        Raises: EmbeddedServicesError when waiting would not help.
        """
        binary = valkey_binary(self.home)
        processes.clear_leftovers(self._leftovers, timeout_s=_LEFTOVER_TIMEOUT_S)
        socket = self.home.create_socket_folder() / VALKEY_SOCKET
        socket.unlink(missing_ok=True)
        settings = [word for key, value in self._settings(socket) for word in (f"--{key}", value)]
        command = [str(binary), *settings]
        return psutil.Popen(command, stdin=subprocess.DEVNULL, env=server_environment())

    def _settings(self, socket: Path) -> list[tuple[str, str]]:
        return [
            ("port", "0"),
            ("unixsocket", str(socket)),
            ("unixsocketperm", "700"),
            ("dir", str(self.home.valkey_folder)),
            ("pidfile", str(self._pid_file)),
            ("appendonly", "yes"),
            ("appendfsync", "everysec"),
            ("save", ""),
            ("maxmemory-policy", "noeviction"),
            ("daemonize", "no"),
            ("set-proc-title", "no"),  # the command line tells whose server this is
        ]

    @property
    def _pid_file(self) -> Path:
        return self.home.valkey_folder / "valkey.pid"

    def _leftovers(self) -> list[psutil.Process]:
        """Find servers without a pid file: two must never write one append-only file."""
        servers = processes.find_by_name("valkey-server", uid=os.getuid())
        return [one for one in servers if processes.working_folder(one) == self.home.valkey_folder]
