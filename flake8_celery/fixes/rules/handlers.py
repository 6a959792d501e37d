"""Handlers that catch what they should let through: the soft time limit, and what a task tells its worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ...checks.retries import swallowed
from .. import Fix, fixer
from ..imports import Brought, bring, imported

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from ...model import Edit
    from .. import Context
    from ..text import Text

_EXCEPTIONS = "celery.exceptions"
_ALL_SIGNALS = "TaskPredicate"


@fixer("CEL412")
def soft_limit_swallowed(found: Diagnostic, context: Context) -> Fix | None:
    """Let the soft time limit through, above the handler."""
    name = "SoftTimeLimitExceeded"
    text = context.text
    known = imported(text, "billiard.exceptions", name)
    brought = Brought(known) if known is not None else bring(text, _EXCEPTIONS, name)
    return _let_through(found, text, brought)


@fixer("CEL303")
def retry_swallowed(found: Diagnostic, context: Context) -> Fix | None:
    """Let the signals through that the handler gets: by their names, or by that of their base class where several of
    them are to be imported, or their names are taken."""
    place = next((s for s in swallowed(context.project, context.module) if s.handler.span == found.span), None)
    if place is None:
        return None
    names = [error.rpartition(".")[2] for error in place.errors]
    each = [bring(context.text, _EXCEPTIONS, name) for name in sorted(names)]
    known = [brought for brought in each if brought is not None]
    edits = tuple(edit for brought in known for edit in brought.edits)
    brought: Brought | None
    if len(known) == len(each) and len(edits) <= 1:
        shown = ", ".join(b.name for b in known)
        brought = Brought(shown if len(known) == 1 else f"({shown})", edits)
    else:
        brought = bring(context.text, _EXCEPTIONS, _ALL_SIGNALS)
    return _let_through(found, context.text, brought)


def _let_through(found: Diagnostic, text: Text, error: Brought | None) -> Fix | None:
    handler = text.node(found.span, cst.ExceptHandler)
    if handler is None or error is None:
        return None
    return Fix(f"Put `except {error.name}: raise` above", (_clause_above(text, handler, error.name), *error.edits))


def _clause_above(text: Text, handler: cst.ExceptHandler, error: str) -> Edit:
    """A handler that raises again, above another one and the comments on it."""
    line = text.place_of(handler).line
    indent, newline = text.indent(line), text.source.newline
    body = handler.body
    if isinstance(body, cst.IndentedBlock):
        inner = text.indent(text.place_of(body.body[0]).line)
    else:
        inner = indent + text.indent_unit
    comments = [number for number, above in enumerate(handler.leading_lines) if above.comment is not None]
    if comments:
        line -= len(handler.leading_lines) - comments[0]
    return text.insert(line, 0, f"{indent}except {error}:{newline}{inner}raise{newline}")
