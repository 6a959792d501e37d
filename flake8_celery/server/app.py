"""The server: what the client asks for, and when what is looked at again."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from .. import __version__
from ..config import Config, ConfigError, check_codes, with_codes
from ..garbage import uncollected
from ..live import LiveLinter
from ..source import SourceError
from . import convert
from .documents import Analysis, Document, Documents, path_of
from .stdio import is_alive
from .worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pygls.server import ServerErrors

T = TypeVar("T")

logger = logging.getLogger("flake8_celery.server")

QUIET = 0.2
"""Seconds without a change after which the other open documents are looked at again."""
WATCHED = (
    "**/*.py",
    "**/{pyproject.toml,setup.cfg,setup.py,.gitignore,Procfile*,Makefile,Dockerfile*,.env*}",
    "**/*.{yml,yaml,toml,ini,cfg,conf,service,sh,env,txt}",
)
SETTINGS = {"select": "select", "extendSelect": "extend_select", "ignore": "ignore"}
"""The client's settings, by the fields of the configuration that they are stronger than."""


class Server(LanguageServer):
    """Documents are looked at in a thread of their own: that which was edited at once, the others when it is quiet.
    Changes that come meanwhile are taken together, and what was found in a version that is gone is dropped."""

    def __init__(self) -> None:
        # Whole texts are synchronized: where lines end, pygls has its own opinion.
        super().__init__("flake8-celery", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full)
        self.documents = Documents()
        self.worker = Worker()
        self.linter = LiveLinter(complain=self._complain)
        self._wake = asyncio.Event()
        self._edited = float("-inf")
        self._waiting: list[asyncio.Future[None]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._wanted: set[str] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._said: set[str] = set()
        self.watched: int | None = None
        """The process of the client, where there is one: in a container its number means nothing."""

    # --- the client

    def report_server_error(self, error: Exception, source: ServerErrors) -> None:  # noqa: ARG002
        """What goes wrong is logged, and the server goes on."""
        self.say(types.MessageType.Error, f"internal error: {error}")

    def say(self, kind: types.MessageType, message: str) -> None:
        """Write to the client's log; from any thread."""
        self._in_loop(lambda: self.window_log_message(types.LogMessageParams(kind, message)))

    def _complain(self, message: str) -> None:
        text = f"flake8-celery: {message}"
        self._in_loop(lambda: self.window_show_message(types.ShowMessageParams(types.MessageType.Error, text)))

    def _in_loop(self, call: Callable[[], None]) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(call)

    def crashed(self, doing: str, error: Exception) -> None:
        """Log an error of our own, each once."""
        trace = "".join(traceback.format_exception(error))
        if trace not in self._said:
            self._said.add(trace)
            self.say(types.MessageType.Error, f"internal error while {doing}, please report it:\n{trace}")

    @property
    def pulls(self) -> bool:
        """Whether the client asks for diagnostics itself, and can be told to ask again: what is edited in one file
        changes what is found in others. Any other client is sent what is found."""
        document, workspace = self.client_capabilities.text_document, self.client_capabilities.workspace
        if document is None or document.diagnostic is None or workspace is None or workspace.diagnostics is None:
            return False
        return bool(workspace.diagnostics.refresh_support)

    def initialize(self, params: types.InitializeParams) -> None:
        encoding = self.workspace.position_encoding
        self.documents.encoding = encoding.value if isinstance(encoding, types.PositionEncodingKind) else str(encoding)
        self.configure(params.initialization_options)
        if params.process_id is not None and is_alive(params.process_id):
            self.watched = params.process_id

    def configure(self, settings: object) -> None:
        """Take the client's settings, an object with the keys of `SETTINGS`."""
        try:
            chosen = _read(settings)
        except ConfigError as error:
            self._complain(str(error))
            return

        def override(config: Config) -> Config:
            return with_codes(config, **chosen)

        self.linter = LiveLinter(complain=self._complain, override=override if chosen else None)

    # --- the loop

    async def run(self) -> None:
        """Look at what has to be looked at, for ever."""
        self._loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            told = False
            while (document := self._next()) is not None:
                told |= await self._look_at(document)
            if told:
                with contextlib.suppress(Exception):
                    self.workspace_diagnostic_refresh(None)

    def wake(self) -> None:
        self._wake.set()

    def _next(self) -> Document | None:
        """The next document to look at: what was edited last, then what is asked for, then the others."""
        stale = [document for document in self.documents if document.stale]
        edited = [d for d in stale if d.analysis is None or d.analysis.version != d.version]
        asked = [d for d in stale if d.uri in self._wanted]
        if edited or asked:
            return max(edited, key=lambda d: d.touched) if edited else asked[0]
        if not stale:
            return None
        loop = asyncio.get_running_loop()
        left = self._edited + QUIET - loop.time()
        if left > 0:
            loop.call_later(left, self.wake)
            return None
        return stale[0]

    async def _look_at(self, document: Document) -> bool:
        """Look at a document and tell the client; whether it has to ask for what is found in a version it has."""
        before = document.analysis
        version = document.version
        snapshot = replace(document)
        document.stale = False
        affected, analysis = await self.in_worker(f"checking {document.path}", lambda: self._analyse(snapshot)) or (
            False,
            None,
        )
        if affected:
            self.touch_others(document)
        if self.documents.get(document.uri) is not document or document.version != version:
            return False
        if analysis is None:
            analysis = snapshot.unparsed()
        document.analysis = analysis
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        self._waiting.clear()
        same = before is not None and before.identity == analysis.identity
        if before is not None and before.version == version and same:
            return False
        if self.pulls:
            return before is not None and before.version == version
        self._publish(document, analysis)
        return False

    def _analyse(self, document: Document) -> tuple[bool, Analysis]:
        """In the worker: whether the other files may be seen otherwise now, and what is found in this one."""
        opened = self.linter.opened
        try:
            # looking for garbage again and again meanwhile would take a sixth of the time, and now and then much more
            with uncollected():
                affected = self.linter.change(document.path, document.bytes())
                found = self.linter.findings(document.path)
            if self.linter.opened != opened:
                # a project is a mass of objects that stay: looking through them for garbage would take seconds
                gc.collect()
                gc.freeze()
        except SourceError as error:
            if error.message not in document.complaints:
                document.complaints.add(error.message)
                self.say(types.MessageType.Info, f"{document.path}:{error.line}: {error.message}")
            return False, document.unparsed()
        return affected, Analysis(document.version, document.text, tuple(found))

    async def in_worker(self, doing: str, work: Callable[[], T]) -> T | None:
        """What `work` returns in the worker's thread, None where it fails because of a mistake of ours."""
        try:
            return await self.worker.run(work)
        except Exception as error:  # noqa: BLE001  one file or request must not end the server
            self.crashed(doing, error)
            return None

    def touch_others(self, document: Document | None) -> None:
        """Everything but this document has to be looked at again."""
        for other in self.documents:
            if other is not document:
                other.stale = True
        self.wake()

    def edit(self, document: Document | None) -> None:
        if document is not None:
            self._edited = document.touched = asyncio.get_running_loop().time()
            self.wake()

    async def settled(self, uri: str) -> Document | None:
        """The document when everything that is known has been taken into account; None where it is not open."""
        while (document := self.documents.get(uri)) is not None:
            if not document.stale and document.analysis is not None and document.analysis.version == document.version:
                return document
            self._wanted.add(document.uri)
            waiting = asyncio.get_running_loop().create_future()
            self._waiting.append(waiting)
            self.wake()
            try:
                await waiting
            finally:
                self._wanted.discard(document.uri)
        return None

    def _publish(self, document: Document, analysis: Analysis) -> None:
        found = [convert.diagnostic(f, analysis.text) for f in analysis.findings]
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(document.uri, found, version=analysis.version)
        )

    # --- files

    def close(self, uri: str) -> None:
        """Forget a document, at once: the message that opens it again may already be there."""
        document = self.documents.closed(uri)
        if document is None:
            return
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        self._waiting.clear()
        if not self.pulls:
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))
        task = asyncio.get_running_loop().create_task(self._let_go(document))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _let_go(self, document: Document) -> None:
        """Let the file on the disk count again, unless it has been opened anew."""

        def let_go() -> bool:
            return self.documents.get(document.uri) is None and self.linter.close(document.path)

        if await self.in_worker(f"closing {document.path}", let_go):
            self.touch_others(None)

    async def files_changed(self, uris: Iterable[str]) -> None:
        """Files were written, created, renamed or deleted."""
        paths = [path for path in map(path_of, uris) if path is not None]
        if not paths:
            return
        affected = await self.in_worker("reading changed files", lambda: self.linter.saved(paths))
        if affected:
            self.touch_others(None)

    def finish(self) -> None:
        """Keep what was read for the next run."""
        self.worker.stop()
        with contextlib.suppress(Exception):
            self.linter.finish()


def _read(settings: object) -> dict[str, list[str]]:
    """The client's settings. Raises ConfigError."""
    if settings is None:
        return {}
    if not isinstance(settings, dict):
        raise ConfigError("the client's settings must be an object")
    found: dict[str, list[str]] = {}
    for key, value in settings.items():
        if key not in SETTINGS:
            raise ConfigError(f"the client's settings: unknown key `{key}`")
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ConfigError(f"the client's settings: `{key}` must be a list of strings")
        check_codes(value, f"the client's settings: `{key}`")
        found[SETTINGS[key]] = value
    return found
