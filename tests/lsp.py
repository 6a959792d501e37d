"""An editor for the tests: a real client that talks to the server over its standard streams."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import LanguageClient, client_capabilities

COMMAND = (sys.executable, "-m", "flake8_celery", "server")
PATIENCE = 120.0
"""Seconds after which a test gives up."""


class Editor:
    """Opens and edits documents, and keeps what the server says. `root` is the folder that is open."""

    def __init__(self, client: LanguageClient, root: Path) -> None:
        self.client = client
        self.root = root
        self.shown: list[str] = []
        self.logged: list[str] = []
        self.published: list[types.PublishDiagnosticsParams] = []
        self.refreshed = 0
        self.registered: list[types.Registration] = []
        self.result: types.InitializeResult | None = None
        self.versions: dict[str, int] = {}
        self._news = asyncio.Event()

        @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)  # type: ignore[untyped-decorator]
        def published(params: types.PublishDiagnosticsParams) -> None:
            self.published.append(params)
            self._news.set()

        @client.feature(types.WORKSPACE_DIAGNOSTIC_REFRESH)  # type: ignore[untyped-decorator]
        def refresh(*_: object) -> None:
            self.refreshed += 1
            self._news.set()

        @client.feature(types.CLIENT_REGISTER_CAPABILITY)  # type: ignore[untyped-decorator]
        def register(params: types.RegistrationParams) -> None:
            self.registered += params.registrations
            self._news.set()

        @client.feature(types.WINDOW_SHOW_MESSAGE)  # type: ignore[untyped-decorator]
        def show(params: types.ShowMessageParams) -> None:
            self.shown.append(params.message)
            self._news.set()

        @client.feature(types.WINDOW_LOG_MESSAGE)  # type: ignore[untyped-decorator]
        def log(params: types.LogMessageParams) -> None:
            self.logged.append(params.message)
            self._news.set()

    def uri(self, path: str) -> str:
        return (self.root / path).as_uri()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for messages until the condition holds."""

        async def wait() -> None:
            while not holds():
                self._news.clear()
                await self._news.wait()

        await asyncio.wait_for(wait(), PATIENCE)

    def open(self, path: str, text: str | None = None, language: str = "python") -> None:
        if text is None:
            text = (self.root / path).read_bytes().decode("utf-8")
        self.versions[path] = 1
        item = types.TextDocumentItem(self.uri(path), language, 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def change(self, path: str, text: str) -> None:
        self.versions[path] += 1
        document = types.VersionedTextDocumentIdentifier(self.versions[path], self.uri(path))
        change = types.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    def save(self, path: str, text: str) -> None:
        (self.root / path).write_text(text, "utf-8", newline="")
        document = types.TextDocumentIdentifier(self.uri(path))
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(document))

    def close(self, path: str) -> None:
        document = types.TextDocumentIdentifier(self.uri(path))
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(document))

    def tell(self, *paths: str, kind: types.FileChangeType = types.FileChangeType.Changed) -> None:
        """Say that files have changed on the disk."""
        changes = [types.FileEvent(self.uri(path), kind) for path in paths]
        self.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(changes))

    def latest(self, path: str) -> types.PublishDiagnosticsParams | None:
        return next((p for p in reversed(self.published) if p.uri == self.uri(path)), None)

    async def diagnostics(self, path: str) -> Sequence[types.Diagnostic]:
        """What is published for the version that the editor has."""

        def there() -> bool:
            last = self.latest(path)
            return last is not None and last.version == self.versions[path]

        await self.until(there)
        last = self.latest(path)
        assert last is not None
        return last.diagnostics

    async def codes(self, path: str) -> list[str]:
        return [str(found.code) for found in await self.diagnostics(path)]

    async def until_codes(self, path: str, codes: list[str]) -> None:
        """Wait until these are the codes of what is published."""

        def there() -> bool:
            last = self.latest(path)
            return last is not None and [found.code for found in last.diagnostics] == codes

        await self.until(there)

    async def pull(self, path: str, previous: str | None = None) -> types.DocumentDiagnosticReport:
        document = types.TextDocumentIdentifier(self.uri(path))
        asked = types.DocumentDiagnosticParams(document, previous_result_id=previous)
        return await asyncio.wait_for(self.client.text_document_diagnostic_async(asked), PATIENCE)

    async def actions(self, path: str, place: types.Range, only: Sequence[str] | None = None) -> list[types.CodeAction]:
        document = types.TextDocumentIdentifier(self.uri(path))
        asked = types.CodeActionParams(document, place, types.CodeActionContext([], only=only))
        found = await asyncio.wait_for(self.client.text_document_code_action_async(asked), PATIENCE)
        return [action for action in found or () if isinstance(action, types.CodeAction)]

    async def hover(self, path: str, line: int, character: int) -> str | None:
        document = types.TextDocumentIdentifier(self.uri(path))
        asked = types.HoverParams(document, types.Position(line, character))
        found = await asyncio.wait_for(self.client.text_document_hover_async(asked), PATIENCE)
        return found.contents.value if found is not None and isinstance(found.contents, types.MarkupContent) else None

    @property
    def process(self) -> asyncio.subprocess.Process:
        process = self.client._server
        assert process is not None
        return process

    async def ended(self) -> int:
        """Wait until the server has ended; its exit code."""
        return await asyncio.wait_for(self.process.wait(), PATIENCE)


@contextlib.asynccontextmanager
async def editor(
    root: Path,
    capabilities: types.ClientCapabilities | str | None = None,
    options: Any = None,
    environment: dict[str, str] | None = None,
    command: Sequence[str] = COMMAND,
) -> AsyncIterator[Editor]:
    """An editor with the folder open, connected to a server of its own, which `command` starts. `capabilities` may name
    an editor whose abilities it has."""
    if isinstance(capabilities, str):
        capabilities = client_capabilities(capabilities)
    client = LanguageClient(converter_factory=default_converter)
    here = Editor(client, root)
    cache = {"FLAKE8_CELERY_CACHE_DIR": str(root.parent / "cache")}
    await client.start_io(*command, env=os.environ | cache | (environment or {}))
    try:
        here.result = await asyncio.wait_for(
            client.initialize_session(
                types.InitializeParams(
                    capabilities or types.ClientCapabilities(),
                    root_uri=root.as_uri(),
                    workspace_folders=[types.WorkspaceFolder(root.as_uri(), root.name)],
                    initialization_options=options,
                )
            ),
            PATIENCE,
        )
        yield here
        if here.process.returncode is None:
            await asyncio.wait_for(client.shutdown_session(), PATIENCE)
    finally:
        if here.process.returncode is None:
            here.process.kill()
        await client.stop()  # type: ignore[no-untyped-call]


def applied(text: str, edits: Sequence[types.TextEdit]) -> str:
    """The text after edits, positions counted in UTF-16."""
    lines = text.splitlines(keepends=True) or [""]

    def offset(position: types.Position) -> int:
        before = sum(map(len, lines[: position.line]))
        line = lines[position.line] if position.line < len(lines) else ""
        inside = line.encode("utf-16-le")[: 2 * position.character].decode("utf-16-le")
        return before + len(inside)

    for edit in sorted(edits, key=lambda e: (e.range.start.line, e.range.start.character), reverse=True):
        text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]
    return text


class Pipe:
    """A server at the other end of two pipes, for messages that no client library would send."""

    def __init__(self, root: Path, command: Sequence[str] = COMMAND) -> None:
        self.root = root
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"FLAKE8_CELERY_CACHE_DIR": str(root.parent / "cache")},
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.stdin, self.stdout = self.process.stdin, self.process.stdout

    def raw(self, data: bytes) -> None:
        self.stdin.write(data)
        self.stdin.flush()

    def send(self, message: object) -> None:
        body = json.dumps(message).encode()
        self.raw(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def request(self, number: int, method: str, params: object) -> Any:
        self.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return self.answer(number)

    def notify(self, method: str, params: object) -> None:
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def read(self) -> Any:
        """The next message. Whatever is no message fails the test."""
        length = 0
        while (header := self.stdout.readline()) not in (b"\r\n", b""):
            name, _, value = header.partition(b":")
            assert name in (b"Content-Length", b"Content-Type"), header
            length = int(value) if name == b"Content-Length" else length
        assert length, "the server is gone"
        return json.loads(self.stdout.read(length))

    def answer(self, number: int | None) -> Any:
        while True:
            message = self.read()
            if "method" not in message and message.get("id") == number:
                return message

    def published(self) -> Any:
        while True:
            message = self.read()
            if message.get("method") == "textDocument/publishDiagnostics":
                return message["params"]

    def start(self, process: int | None = None) -> None:
        params: dict[str, object] = {"processId": process, "rootUri": self.root.as_uri(), "capabilities": {}}
        assert "capabilities" in self.request(1, "initialize", params)["result"]
        self.notify("initialized", {})

    def open(self, text: str) -> None:
        item = {"uri": (self.root / "tasks.py").as_uri(), "languageId": "python", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def ended(self) -> int:
        return self.process.wait(PATIENCE)

    def end(self) -> None:
        """End the server, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        assert self.process.stderr is not None
        for stream in (self.stdin, self.stdout, self.process.stderr):
            with contextlib.suppress(BrokenPipeError):
                stream.close()
