"""Messages over standard input and output, robust against whatever comes in."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import threading
from enum import Enum
from typing import IO, TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

if TYPE_CHECKING:
    from collections.abc import Callable

    from .app import Server

logger = logging.getLogger("flake8_celery.server")

LARGEST = 256 * 1024 * 1024
"""Bytes of a message; a larger one is passed over."""
_HEADER = 8192
_CHUNK = 1 << 20
_PARENT_SECONDS = 2.0


class Phase(Enum):
    """Where a session is: before `initialize`, in use, or after `shutdown`."""

    NEW = "new"
    OPEN = "open"
    OVER = "over"


_AFTER = {types.INITIALIZE: Phase.OPEN, types.SHUTDOWN: Phase.OVER}
"""The phases that requests lead to."""


class Output:
    """What the protocol writes to. When nobody reads any more, `lost` is called."""

    def __init__(self, stream: IO[bytes], lost: Callable[[], None]) -> None:
        self._stream = stream
        self._lost = lost
        self._lock = threading.Lock()

    def write(self, data: bytes) -> None:
        try:
            with self._lock:
                self._stream.write(data)
                self._stream.flush()
        except (OSError, ValueError):
            self._lost()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.close()


def take_streams() -> tuple[IO[bytes], IO[bytes]]:
    """The two streams of the protocol. From now on nothing else reads standard input, and what anything else prints
    goes to standard error."""
    sys.stdout.flush()
    source, target = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.close(nowhere)
    os.dup2(2, 1)
    return os.fdopen(source, "rb"), os.fdopen(target, "wb")


def bodies(stream: IO[bytes]) -> Any:
    """The bodies of the messages in a stream until it ends."""
    length = 0
    while True:
        header = stream.readline(_HEADER)
        if not header:
            return
        name, _, value = header.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit() and len(value) < 20:
            length = int(value)
        elif length and not header.strip():
            if length > LARGEST:
                logger.error("a message of %d bytes is passed over", length)
                while length > 0 and (chunk := stream.read(min(length, _CHUNK))):
                    length -= len(chunk)
            else:
                body = stream.read(length)
                if len(body) < length:
                    return
                yield body
            length = 0


class Connection:
    """Reads messages in a thread of its own and handles them in the event loop, until the client is gone."""

    def __init__(self, server: Server, source: IO[bytes], target: IO[bytes]) -> None:
        self._server = server
        self._source = source
        self._target = target
        self._phase = Phase.NEW

    async def run(self) -> None:
        """Return when the client disconnects or dies, or on SIGTERM and the like."""
        loop = asyncio.get_running_loop()
        over = asyncio.Event()

        def end() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed already
                loop.call_soon_threadsafe(over.set)

        self._server.protocol.set_writer(Output(self._target, end))
        self._catch_signals(loop, end)

        def read() -> None:
            try:
                for body in bodies(self._source):
                    loop.call_soon_threadsafe(self.handle, body)
            except (OSError, ValueError, RuntimeError):
                pass
            end()

        threading.Thread(target=read, name="stdin", daemon=True).start()
        watch = loop.create_task(self._watch_parent(end))
        await over.wait()
        watch.cancel()

    @staticmethod
    def _catch_signals(loop: asyncio.AbstractEventLoop, end: Callable[[], None]) -> None:
        for name in ("SIGTERM", "SIGINT", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is None:
                continue
            try:
                loop.add_signal_handler(number, end)
            except (NotImplementedError, RuntimeError, ValueError):  # Windows
                with contextlib.suppress(ValueError):
                    signal.signal(number, lambda *_: end())

    async def _watch_parent(self, end: Callable[[], None]) -> None:
        """A client that dies without closing its end, because another process holds it open, ends the server too."""
        while True:
            if self._server.watched is not None and not is_alive(self._server.watched):
                end()
            await asyncio.sleep(_PARENT_SECONDS)

    def handle(self, body: bytes) -> None:
        """Handle one message. Only SystemExit leaves this method."""
        protocol = self._server.protocol
        raw: object = None
        try:
            raw = json.loads(body)
            if not isinstance(raw, dict) or "jsonrpc" not in raw:
                raise ValueError("no JSON object with the key `jsonrpc`")
            untimely = self._untimely(_method(raw))
            if untimely is not None:
                self._refuse(raw, *untimely)
                return
            protocol.handle_message(protocol.structure_message(raw))
            self._phase = _AFTER.get(_method(raw), self._phase)
        except (ValueError, RecursionError) as error:
            logger.error("a message is malformed: %s", error)  # noqa: TRY400
            self._refuse(raw, types.ErrorCodes.ParseError, f"malformed message: {error}")
        except JsonRpcException as error:
            logger.error("a message has wrong parameters: %s", _method(raw))  # noqa: TRY400
            self._refuse(raw, types.ErrorCodes.InvalidParams, str(error))
        except Exception as error:  # noqa: BLE001  whatever a client sends, the server goes on
            logger.error("a message cannot be handled: %s", error)  # noqa: TRY400
            self._refuse(raw, types.ErrorCodes.InvalidRequest, str(error))

    def _untimely(self, method: str) -> tuple[types.ErrorCodes, str] | None:
        """Why a message cannot be handled in this phase, None where it can."""
        if not method or method == types.EXIT:
            return None
        if self._phase is Phase.NEW and method != types.INITIALIZE:
            return types.ErrorCodes.ServerNotInitialized, "the first request must be `initialize`"
        if self._phase is Phase.OPEN and method == types.INITIALIZE:
            return types.ErrorCodes.InvalidRequest, "the server is initialized already"
        if self._phase is Phase.OVER:
            return types.ErrorCodes.InvalidRequest, "the server is shutting down"
        return None

    def _refuse(self, raw: object, code: types.ErrorCodes, message: str) -> None:
        """Answer a request, so that the client does not wait for ever."""
        identity = raw.get("id") if isinstance(raw, dict) and "method" in raw else None
        if raw is not None and not isinstance(identity, str | int):
            return
        answer = {"jsonrpc": "2.0", "id": identity, "error": {"code": code.value, "message": message}}
        body = json.dumps(answer).encode()
        writer = self._server.protocol.writer
        if writer is not None:
            writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))


def _method(raw: object) -> str:
    return str(raw.get("method", "")) if isinstance(raw, dict) else ""


def is_alive(process: int) -> bool:
    """Whether there is such a process; True where that cannot be told."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
