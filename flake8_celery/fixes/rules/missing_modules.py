"""Names of modules that are to be imported for their tasks, and are not there."""

from __future__ import annotations

import difflib
import posixpath
from typing import TYPE_CHECKING

import libcst as cst

from ...checks.app import has_nothing, is_missing, missing_imports
from ...discovered import autodiscoveries
from ...model import Span
from .. import Fix, fixer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...diagnostics import Diagnostic
    from ...discovered import Autodiscovery
    from ...model import Module
    from .. import Context

_CLOSE = 0.85


@fixer("CEL103")
def discovery_of_missing_module(found: Diagnostic, context: Context) -> Fix | None:
    """Name the package or module that is surely meant: one with tasks whose name differs in a letter or two, the
    package of an AppConfig, or the one module of the package that has tasks."""
    project, module = context.project, context.module
    for discovery in autodiscoveries(project):
        if discovery.scope.module is module and discovery.call.span == found.span:
            return _discovered(context, discovery)
    for _, name, span in missing_imports(module, project):
        if span == found.span:
            meant = _meant(name, (project.module_name(m) for m in _with_tasks(context)))
            return _renamed(context, span, name, meant) if meant else None
    return None


def _discovered(context: Context, found: Autodiscovery) -> Fix | None:
    project = context.project
    if not found.literal or not isinstance(found.packages, tuple) or not isinstance(found.related, str):
        return None
    there = set(found.packages)
    for name in found.packages:
        if is_missing(project, name, found.scope.module):
            ending = f".{found.related}"
            names = (project.module_name(m) for m in _with_tasks(context))
            packages = {n.removesuffix(ending) for n in names if n.endswith(ending)} - there
            config = name.partition(".apps.")[0]
            meant = config if config != name and config in packages else _meant(name, packages)
            return _renamed(context, found.call.span, name, meant) if meant else None
        if has_nothing(project, name, found.related, found.scope.module):
            return _with_module(context, found, name)
    return None


def _with_tasks(context: Context) -> list[Module]:
    modules = {task.module.path: task.module for task in context.project.tasks}
    return list(modules.values())


def _meant(name: str, names: Iterable[str]) -> str | None:
    """The one name that is close to another."""
    close = difflib.get_close_matches(name, set(names), n=2, cutoff=_CLOSE)
    return close[0] if len(close) == 1 else None


def _renamed(context: Context, around: Span, name: str, meant: str) -> Fix | None:
    """Another name in the one string that names it."""
    text = context.text
    lines = range(around.line, max(around.end_line, around.line) + 1)
    for statement in text.nodes(cst.SimpleStatementLine):
        place = text.place_of(statement)
        if place.line > around.line or place.end_line < lines[-1]:
            continue
        strings = [s for s in text.nodes_in(place, cst.SimpleString) if s.evaluated_value == name]
        if len(strings) == 1:
            edit = text.replace(strings[0], text.code(strings[0]).replace(name, meant))
            return Fix(f"Write `{meant}`", (edit,), "unsafe")
    return None


def _with_module(context: Context, found: Autodiscovery, name: str) -> Fix | None:
    """The name of the one module in a package that has tasks, for the packages of a call that names no other; else in
    a call of its own."""
    text, project = context.text, context.project
    package = project.index.path_of(name, context.module.path)
    call = text.node(found.call.span, cst.Call)
    if package is None or call is None or not isinstance(found.packages, tuple):
        return None
    inside = [m for m in _with_tasks(context) if posixpath.dirname(m.path) == posixpath.dirname(package)]
    stems = [posixpath.basename(m.path).removesuffix(".py") for m in inside if m.path != package]
    if len(stems) != 1:
        return None
    title = f"Discover `{name}.{stems[0]}`"
    if len(found.packages) == 1:
        given = text.argument(call, "related_name", 1)
        edit = (
            text.replace(given.value, f'"{stems[0]}"')
            if given
            else text.add_argument(call, f'related_name="{stems[0]}"')
        )
        return Fix(title, (edit,), "unsafe")
    statement = text.around(call, cst.SimpleStatementLine)
    names = text.argument(call, "packages", 0)
    if statement is None or names is None or not isinstance(names.value, cst.List | cst.Tuple):
        return None
    kept = [text.code(e.value) for e in names.value.elements if text.code(e.value)[1:-1] != name]
    below = text.lines_after(statement, f'{text.code(call.func)}(["{name}"], related_name="{stems[0]}")')
    place = text.place_of(names.value)
    if below is None or len(kept) != len(found.packages) - 1 or place.line != place.end_line:
        return None
    opening, closing = ("(", ",)" if len(kept) == 1 else ")") if isinstance(names.value, cst.Tuple) else ("[", "]")
    return Fix(title, (text.replace(names.value, f"{opening}{', '.join(kept)}{closing}"), below), "unsafe")
