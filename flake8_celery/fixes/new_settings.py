"""Settings of an application that are set nowhere yet: written where the project keeps the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ..cures import key_beside, read_settings
from ..knowledge.settings import OLD_TO_MODERN
from ..model import Attr, Name, Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..model import App, Edit, Scope
    from . import Context
    from .text import Text


def add_settings(context: Context, app: App, values: Mapping[str, str]) -> tuple[str, tuple[Edit, ...]] | None:
    """The file and the edits that give settings, by their modern names, these values; None where it cannot be told how
    the application is configured, or where there is no line for them.

    Beside the others in the module or class that the application reads, else with what is written to `app.conf`, else
    below the statement that makes the application.
    """
    there = read_settings(context.project, app)
    if there:
        path = there[0].scope.module.path
        keys = {key_beside(there, name): value for name, value in values.items()}
        scopes = {id(w.scope) for w in there}
        if "" in keys or len(scopes) != 1:
            return None
        at = [w.span for w in there if not w.conditional]
        lines = [f"{key} = {value}" for key, value in keys.items()]
        text = context.text if path == context.module.path else context.other(path)
        edit = _below_last(text, at, lines)
        return (path, (edit,)) if edit is not None else None
    written = [w for w in context.project.written_settings if w.app is app]
    if any(w.key in OLD_TO_MODERN for w in written):  # old names may not stand beside new ones
        return None
    edit = _to_conf(context, app, values)
    return (app.module.path, (edit,)) if edit is not None else None


def _to_conf(context: Context, app: App, values: Mapping[str, str]) -> Edit | None:
    """The settings written to `app.conf`, in the scope where the application is made."""
    scope = app.scope
    variable = next(
        (a.target.id for a in scope.assigns if scope.call(a.value) is app.call and isinstance(a.target, Name)), None
    )
    if variable is None or len(scope.assigned(variable)) != 1:
        return None
    text = context.text if app.module.path == context.module.path else context.other(app.module.path)
    conf = Attr(Name(variable), "conf")
    block = app.call.block
    for call in scope.calls:
        if call.func == Attr(conf, "update") and call.block == block and call.keywords and not call.args:
            node = text.node(call.span, cst.Call)
            if node is not None and not call.has_spread:
                return text.add_argument(node, *(f"{name}={value}" for name, value in values.items()))
    lines = [f"{variable}.conf.{name} = {value}" for name, value in values.items()]
    set_here = [
        a.span for a in scope.assigns if isinstance(a.target, Attr) and a.target.base == conf and a.block == block
    ]
    return _below_last(text, set_here, lines) or _below_last(text, _made(scope, app, variable)[-1:], lines)


def _made(scope: Scope, app: App, variable: str) -> list[Span]:
    """The statements that make the application and say what it reads."""
    reads = Attr(Name(variable), "config_from_object")
    sources = [c.span for c in scope.calls if c.func == reads and c.block == app.call.block]
    return [app.call.span, *sources]


def _below_last(text: Text, spans: list[Span], lines: list[str]) -> Edit | None:
    """Lines below the last of the statements at these places, of those in one line where there are such; None where it
    shares its line."""
    statements = [s for span in spans if (s := _statement(text, span)) is not None]
    short = [s for s in statements if text.place_of(s).line == text.place_of(s).end_line]
    if not statements:
        return None
    last = max(short or statements, key=lambda s: text.place_of(s).end_line)
    return text.lines_after(last, *lines)


def _statement(text: Text, span: Span) -> cst.SimpleStatementLine | None:
    """The line of simple statements around a place."""
    for line in text.nodes(cst.SimpleStatementLine):
        place = text.place_of(line)
        if (place.line, place.column) <= (span.line, span.column) and (span.end_line, span.end_column) <= (
            place.end_line,
            place.end_column,
        ):
            return line
    return None
