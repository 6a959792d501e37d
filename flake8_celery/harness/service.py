"""A small HTTP server that answers, fails, drops or hangs as an experiment says."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

Answer = int | str | tuple[int, str]
"""A status, "drop" (close without an answer), "hang" (never answer), or a status with a body."""


class Request(NamedTuple):
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Service:
    """An HTTP service on loopback: gives the planned answers in turn, then 200. `requests` is what it was asked."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._plan: list[Answer] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                service.requests.append(Request(self.command, self.path, dict(self.headers.items()), body))
                answer = service.next_answer()
                if answer == "hang":
                    service.wait_closing()
                if isinstance(answer, str):
                    self.close_connection = True
                    return
                status, text = answer if isinstance(answer, tuple) else (answer, "ok")
                self.send_response(status)
                self.send_header("content-length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = handle_any  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False  # a client may hold its connection open

            def handle_error(self, request: object, client_address: object) -> None:
                """A client that was killed is no news."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/"

    def answer(self, *answers: Answer) -> None:
        """Plan the answers to the next requests."""
        with self._lock:
            self._plan += answers

    def next_answer(self) -> Answer:
        with self._lock:
            return self._plan.pop(0) if self._plan else 200

    def wait_closing(self) -> None:
        self._closing.wait()

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
