"""A relay before PostgreSQL that keeps notifications to itself, as poolers do."""

import socket
import struct
import threading
from contextlib import suppress
from pathlib import Path

NOTIFICATION = b"A"  # NotificationResponse, PostgreSQL documentation, 54.7


class PostgresProxy:
    """Listens on a port of this machine; passes on what PostgreSQL says, or not."""

    def __init__(self, server: Path) -> None:
        self.drops_notifications = False  # as a pooler that gave the connection to somebody else
        self._server = str(server)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._open = [self._listening]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                self._open += [client, server]
                for way in (self._forward_requests, self._forward_responses):
                    threading.Thread(target=way, args=(client, server), daemon=True).start()

    def _forward_requests(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while asked := client.recv(65536):
                server.sendall(asked)
            server.shutdown(socket.SHUT_RDWR)

    def _forward_responses(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError), server.makefile("rb") as answers:
            while head := answers.read(5):
                (length,) = struct.unpack(">xI", head)
                body = answers.read(length - 4)
                told = head[:1] == NOTIFICATION
                if not (told and self.drops_notifications):
                    client.sendall(head + body)
            client.shutdown(socket.SHUT_RDWR)
