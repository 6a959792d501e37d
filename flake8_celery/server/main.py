"""Starts the server, and says which requests it answers."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
from typing import TYPE_CHECKING

from lsprotocol import types

from . import actions, convert, hover
from .app import WATCHED, Server
from .stdio import Connection, take_streams

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .documents import Document


class _ToClient(logging.Handler):
    """What the libraries below have to say goes to the client's log: standard error is read by few."""

    def __init__(self, server: Server) -> None:
        super().__init__(logging.ERROR)
        self._server = server

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(Exception):
            self._server.say(types.MessageType.Error, self.format(record))


def serve() -> int:
    """Serve a client on standard input and output until it is gone; the exit code."""
    gc.set_threshold(100_000, 20, 20)  # each look at a file makes a mass of objects, few of them garbage until its end
    source, target = take_streams()
    server = build()
    handler = _ToClient(server)
    for name in ("pygls", "flake8_celery"):
        logging.getLogger(name).addHandler(handler)
        logging.getLogger(name).propagate = False
    try:
        asyncio.run(_serve(server, Connection(server, source, target)))
    except SystemExit as stop:  # the client said `exit`
        return stop.code if isinstance(stop.code, int) else 1
    finally:
        server.finish()
    return 0


async def _serve(server: Server, connection: Connection) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: server.crashed("serving", _error(context)))
    work = loop.create_task(server.run())
    try:
        await connection.run()
    finally:
        work.cancel()


def _error(context: dict[str, object]) -> Exception:
    error = context.get("exception")
    return error if isinstance(error, Exception) else RuntimeError(str(context.get("message")))


def build() -> Server:
    """The server with all that it answers."""
    server = Server()

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        server.initialize(params)
        if server.pulls:  # a client that pulls and is pushed to shows everything twice
            _answer_pulls(server)

    @server.feature(types.INITIALIZED)
    async def initialized(_: types.InitializedParams) -> None:
        await _watch(server)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        item = params.text_document
        server.edit(server.documents.opened(item.uri, item.version, item.text))

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        uri = params.text_document.uri
        text = server.workspace.get_text_document(uri).source
        server.edit(server.documents.changed(uri, params.text_document.version, text))

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        server.close(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def saved(params: types.DidSaveTextDocumentParams) -> None:
        await server.files_changed([params.text_document.uri])

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def watched(params: types.DidChangeWatchedFilesParams) -> None:
        await server.files_changed([change.uri for change in params.changes])

    every = types.FileOperationRegistrationOptions(
        [types.FileOperationFilter(types.FileOperationPattern("**"), scheme="file")]
    )

    @server.feature(types.WORKSPACE_DID_CREATE_FILES, every)
    async def created(params: types.CreateFilesParams) -> None:
        await server.files_changed([file.uri for file in params.files])

    @server.feature(types.WORKSPACE_DID_RENAME_FILES, every)
    async def renamed(params: types.RenameFilesParams) -> None:
        await server.files_changed([uri for file in params.files for uri in (file.old_uri, file.new_uri)])

    @server.feature(types.WORKSPACE_DID_DELETE_FILES, every)
    async def deleted(params: types.DeleteFilesParams) -> None:
        await server.files_changed([file.uri for file in params.files])

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
        await server.files_changed([folder.uri for folder in (*params.event.added, *params.event.removed)])

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions([types.CodeActionKind.QuickFix, actions.FIX_ALL], resolve_provider=True),
    )
    async def code_action(params: types.CodeActionParams) -> Sequence[types.CodeAction]:
        return await actions.actions(server, params)

    @server.feature(types.CODE_ACTION_RESOLVE)
    async def resolve(action: types.CodeAction) -> types.CodeAction:
        return await actions.resolve(server, action)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hovered(params: types.HoverParams) -> types.Hover | None:
        document = await server.settled(params.text_document.uri)
        return hover.hover(document, params.position, hover.kind(server.client_capabilities))

    return server


def _answer_pulls(server: Server) -> None:
    options = types.DiagnosticOptions(
        inter_file_dependencies=True, workspace_diagnostics=False, identifier=convert.SOURCE
    )

    @server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)
    async def diagnostic(params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
        return _report(await server.settled(params.text_document.uri), params.previous_result_id)


def _report(document: Document | None, previous: str | None) -> types.DocumentDiagnosticReport:
    if document is None or document.analysis is None:
        return types.RelatedFullDocumentDiagnosticReport([])
    analysis = document.analysis
    if previous == analysis.identity:
        return types.RelatedUnchangedDocumentDiagnosticReport(analysis.identity)
    found = [convert.diagnostic(finding, analysis.text) for finding in analysis.findings]
    return types.RelatedFullDocumentDiagnosticReport(found, result_id=analysis.identity)


async def _watch(server: Server) -> None:
    """Ask the client to tell what happens to files, where it can."""
    about = server.client_capabilities.workspace
    if about is None or about.did_change_watched_files is None:
        return
    if not about.did_change_watched_files.dynamic_registration:
        return
    options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(glob) for glob in WATCHED])
    registration = types.Registration("watch", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
    with contextlib.suppress(Exception):
        await server.client_register_capability_async(types.RegistrationParams([registration]))
