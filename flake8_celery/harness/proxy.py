"""A TCP proxy on loopback that can refuse, drop and heal: between a program and a server that it must not lose."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading

_RESET = struct.pack("ii", 1, 0)


class Proxy:
    """Passes connections on to `host:port`. The proxy's own port is `port`; `connections` counts what came in,
    `refused` what was not passed on."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.target = (host, port)
        self.connections = 0
        self.refused = 0
        self._refuse_number = 0
        self._passing = True
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Drop all connections and refuse new ones."""
        with self._lock:
            self._passing = False
            connections, self._open = self._open, set()
        for connection in connections:
            _reset(connection)

    def refuse(self, number: int) -> None:
        """Drop the connection of that number, counted from 1 and from now."""
        with self._lock:
            self._refuse_number = self.connections + number

    def heal(self) -> None:
        """Pass everything on again."""
        with self._lock:
            self._passing = True
            self._refuse_number = 0

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                passing = self._passing and self.connections != self._refuse_number
                self.refused += not passing
            if not passing:
                _reset(client)
                continue
            try:
                server = socket.create_connection(self.target, timeout=5)
            except OSError:
                _reset(client)
                continue
            server.settimeout(None)
            with self._lock:
                self._open |= {client, server}
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with self._lock:
            self._open -= {source, sink}
        for connection in (source, sink):
            _reset(connection)


def _reset(connection: socket.socket) -> None:
    """Close without a goodbye, also under the nose of a thread that reads."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
