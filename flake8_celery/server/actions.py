"""Code actions: the repairs of findings, all of them at once, and `# noqa`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lsprotocol import types

from ..noqa import annotate_deployment, silence
from ..source import SourceError, decode, read
from . import convert
from .text import Text

if TYPE_CHECKING:
    from pathlib import Path

    from ..diagnostics import Diagnostic
    from ..fixes import Fix
    from .app import Server
    from .documents import Document

FIX_ALL = "source.fixAll.flake8-celery"


async def actions(server: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    """What can be done in a range of a document."""
    document = await server.settled(params.text_document.uri)
    if document is None or document.analysis is None:
        return []
    only = params.context.only
    found: list[types.CodeAction] = []
    if _asked(types.CodeActionKind.QuickFix.value, only):
        text = document.analysis.text
        start, end = text.offset(params.range.start), text.offset(params.range.end)
        here = [
            finding
            for finding in document.analysis.findings
            if text.place(finding.span.line, finding.span.column) <= end
            and start <= text.place(finding.span.end_line, finding.span.end_column)
        ]
        if here:
            held = _held(server)
            fixes = None
            if document.is_known:
                fixes = await server.in_worker("looking for repairs", lambda: server.linter.fixes(document.path, here))
            comments = await server.in_worker(
                "looking for comments", lambda: {finding: _silenced(server, document, finding) for finding in here}
            )
            if _held(server) != held:
                return []
            for finding in here:
                found += _for(server, document, finding, (fixes or {}).get(finding), (comments or {}).get(finding))
    if only and _asked(FIX_ALL, only):
        action = types.CodeAction("Fix all safe flake8-celery findings", kind=FIX_ALL, data=document.uri)
        found.append(action if _resolves(server) else await resolve(server, action))
        if not _resolves(server) and found[-1].edit is None:
            found.pop()
    return found


async def resolve(server: Server, action: types.CodeAction) -> types.CodeAction:
    """The action with its edit."""
    document = await server.settled(action.data) if isinstance(action.data, str) else None
    if document is None or not document.is_known:
        return action
    held = _held(server)
    texts = await server.in_worker("repairing", lambda: server.linter.repaired(document.path))
    if _held(server) != held:
        return action
    changes: Changes = {}
    for path, after in (texts or {}).items():
        place = _place(server, path)
        if place is None:
            return action
        edit = _difference(place[1], after)
        if edit is not None:
            changes[place[0]] = ([edit], place[2])
    if changes:
        action.edit = _workspace_edit(server, changes)
    return action


def _held(server: Server) -> list[tuple[Document, int]]:
    """What the client has: an answer that was made for other texts than these would spoil them."""
    return [(document, document.version) for document in server.documents]


def _for(
    server: Server, document: Document, finding: Diagnostic, fix: Fix | None, silenced: list[types.TextEdit] | None
) -> list[types.CodeAction]:
    assert document.analysis is not None
    text = document.analysis.text
    about = [convert.diagnostic(finding, text)]
    found = []
    if fix is not None:
        title = fix.title if fix.safety == "safe" else f"{fix.title} (unsafe)"
        changes = _changes(server, document, fix)
        if changes is not None:
            found.append(
                types.CodeAction(
                    title,
                    kind=types.CodeActionKind.QuickFix,
                    diagnostics=about,
                    is_preferred=fix.safety == "safe",
                    edit=_workspace_edit(server, changes),
                )
            )
    if silenced:
        edit = _workspace_edit(server, {document.uri: (silenced, document.version)})
        found.append(
            types.CodeAction(
                f"Disable {finding.code} for this line",
                kind=types.CodeActionKind.QuickFix,
                diagnostics=about,
                edit=edit,
            )
        )
    return found


def _silenced(server: Server, document: Document, finding: Diagnostic) -> list[types.TextEdit]:
    """The edits that disable a finding in its line, none where that cannot be done."""
    assert document.analysis is not None
    text = document.analysis.text
    if document.path.suffix == ".py":
        comment = silence(text.text, finding.span.line, finding.code)
        return convert.edits([comment], text) if comment is not None else []
    root = os.path.realpath(server.linter.root(document.path))
    path = os.path.relpath(os.path.realpath(document.path), root)
    after, left = annotate_deployment(path, text.text, [(finding.span.line, finding.code)])
    edit = _difference(text, after)
    return [edit] if edit is not None and not left else []


Changes = dict[str, tuple[list[types.TextEdit], int | None]]


def _changes(server: Server, document: Document, fix: Fix) -> Changes | None:
    """The edits of a repair by document, each with its version, None for files that are not open."""
    assert document.analysis is not None
    if fix.path is None:
        return {document.uri: (convert.edits(fix.edits, document.analysis.text), document.version)}
    place = _place(server, server.linter.root(document.path) / fix.path)
    if place is None:
        return None
    uri, text, version = place
    return {uri: (convert.edits(fix.edits, text), version)}


def _place(server: Server, path: Path) -> tuple[str, Text, int | None] | None:
    """The URI, the text and the version of a file, which need not be open; None where it cannot be read, or is open
    with a text that the project does not have."""
    for document in server.documents:
        if document.path == path or os.path.realpath(document.path) == os.path.realpath(path):
            return (document.uri, document.text, document.version) if document.is_known else None
    try:
        text = decode(str(path), read(path)).text
    except SourceError:
        return None
    return path.as_uri(), Text(text, server.documents.encoding), None


def _workspace_edit(server: Server, changes: Changes) -> types.WorkspaceEdit:
    about = server.client_capabilities.workspace
    if about is not None and about.workspace_edit is not None and about.workspace_edit.document_changes:
        return types.WorkspaceEdit(
            document_changes=[
                types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri, version=version), edits)
                for uri, (edits, version) in changes.items()
            ]
        )
    return types.WorkspaceEdit(changes={uri: edits for uri, (edits, _) in changes.items()})


def _difference(before: Text, after: str) -> types.TextEdit | None:
    """The one edit that makes the text `after`: what both begin and end with stays."""
    old = before.text
    if old == after:
        return None
    start = 0
    while start < min(len(old), len(after)) and old[start] == after[start]:
        start += 1
    tail = 0
    while tail < min(len(old), len(after)) - start and old[-1 - tail] == after[-1 - tail]:
        tail += 1
    # never between the two halves of a line end
    while start and old[start - 1] == "\r":
        start -= 1
    while tail and old[len(old) - tail] == "\n":
        tail -= 1
    place = types.Range(before.position(start), before.position(len(old) - tail))
    return types.TextEdit(place, after[start : len(after) - tail])


def _asked(kind: str, only: object) -> bool:
    """Whether actions of a kind are wanted: those of the kinds that the client names, and of their sub-kinds."""
    if not isinstance(only, list | tuple) or not only:
        return True
    names = [item.value if isinstance(item, types.CodeActionKind) else str(item) for item in only]
    return any(not name or kind == name or kind.startswith(f"{name}.") for name in names)


def _resolves(server: Server) -> bool:
    about = server.client_capabilities.text_document
    support = about.code_action.resolve_support if about is not None and about.code_action is not None else None
    return support is not None and "edit" in support.properties
