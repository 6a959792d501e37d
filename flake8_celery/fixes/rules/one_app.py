"""A second application where one is enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ...checks.app import second_app_at
from ...discovered import graph
from ...imports import DynamicImportError
from ...model import Edit, Span
from .. import Fix, fixer
from ..imports import exchanged, is_bound, new_import, unneeded

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from ...model import App, Expr, Scope
    from ...project import Project
    from .. import Context
    from ..text import Text


@fixer("CEL101")
def multiple_celery_apps(found: Diagnostic, context: Context) -> Fix | None:
    """Import the first application in the place of one that is made like it, and that nothing else configures."""
    text, project = context.text, context.project
    pair = second_app_at(project, context.module, found.span)
    if pair is None or not _is_like(project, *pair) or not _may_import(project, *pair):
        return None
    app, first = pair
    module, _, name = first.name.rpartition(".")
    call = text.node(app.call.span, cst.Call)
    assign = text.around(call, cst.Assign) if call is not None else None
    if call is None or assign is None or assign.value is not call or len(assign.targets) != 1:
        return None
    variable = text.code(assign.targets[0].target)
    if app.name.rpartition(".")[2] != variable:
        return None
    if first.module is app.module:
        return Fix(f"Use `{name}`", (text.replace(call, name),), "unsafe")
    removed = text.remove_statement(assign)
    if removed is None or (name != variable and is_bound(text, name)):
        return None
    brought = new_import(text, module, name, variable)
    if brought is None:
        return None
    drops = unneeded(text, {node.value: [node] for node in text.nodes_in(text.place_of(call), cst.Name)})
    edits = (_with_gap(text, removed, drops), *exchanged(brought, tuple(drops[:1])), *drops[1:])
    return Fix(f"Import `{first.name}`", edits, "unsafe")


def _with_gap(text: Text, removed: Edit, others: list[Edit]) -> Edit:
    """The empty lines above a statement go with it where there are some below too, but for those of other edits."""
    first, below = removed.span.line, removed.span.end_line
    if below > len(text.lines) or text.lines[below - 1].strip():
        return removed
    taken = max((edit.span.end_line for edit in others if edit.span.line < first), default=1)
    while first > taken and not text.lines[first - 2].strip():
        first -= 1
    return Edit(Span(first, 0, removed.span.end_line, removed.span.end_column), removed.text)


def _is_like(project: Project, app: App, first: App) -> bool:
    """Whether all that the application is told at its construction is told to the first one too, and nothing later."""
    if app.factory is not None or first.factory is not None or not app.name or not first.name:
        return False
    if len(app.call.args) > 1 or app.call.has_spread or app.call.func != first.call.func:
        return False
    if any(w.app is app and w.kind != "constructor" for w in project.written_settings):
        return False
    return all(
        key is not None and _same(project, (app.scope, value), (first.scope, first.call.keyword(key)))
        for key, value in app.call.keywords
        if key != "main"
    )


def _same(project: Project, one: tuple[Scope, Expr], other: tuple[Scope, Expr | None]) -> bool:
    if other[1] is None:
        return False
    names = [project.name(scope, expr) for scope, expr in (one, other)]
    if names[0] is not None:
        return names[0] == names[1]
    values = [project.value(scope, expr) for scope, expr in (one, other)]
    return isinstance(values[0], str | int | float | bool) and values[0] == values[1]


def _may_import(project: Project, app: App, first: App) -> bool:
    """Whether the module of the first application does not import that of the other."""
    if first.module is app.module:
        return first.call.span.line < app.call.span.line
    try:
        return app.module.path not in graph(project).reached([first.module.path])
    except DynamicImportError:
        return False
