"""Modules that processes have to import, and the names that they go by."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

import libcst as cst

from ...checks.django_app import settings_beside
from ...discovered import ENTRIES, autodiscoveries, may_load
from ...model import Attr, Edit, Name
from ...reads import reads
from .. import Fix, fixer
from ..imports import is_bound
from ..text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...diagnostics import Diagnostic
    from ...discovered import Autodiscovery
    from ...model import App, Module
    from ...project import Project
    from .. import Context

_HARMLESS_CALLS = frozenset(
    {"Celery", "autodiscover_tasks", "config_from_object", "crontab", "get", "getenv", "setdefault", "timedelta"}
)
"""Calls at the top of the application's module that need nothing of Django."""


# --- CEL102


@fixer("CEL102")
def not_discovered(_: Diagnostic, context: Context) -> Fix | None:
    """Import a submodule of `tasks` there, or add the module to the list that names the others."""
    if len(context.project.apps) != 1:
        return None
    return _in_package(context) or _among_packages(context) or _by_applications(context) or _in_list(context)


def _in_package(context: Context) -> Fix | None:
    """`from . import mail` in `tasks/__init__.py`, where workers import that."""
    project, module = context.project, context.module
    folder, name = posixpath.split(module.path)
    package = f"{folder}/__init__.py"
    if posixpath.basename(folder) != "tasks" or package not in project.index.tree.python:
        return None
    if not may_load(project, package):
        return None
    dotted = project.module_name(module).rpartition(".")[0]
    stem = name.removesuffix(".py")
    targets = [i.target for scope in module.scopes for i in scope.imports]
    if not stem.isidentifier() or any(_takes_from(project, module, target, dotted) for target in targets):
        return None
    text = context.other(package)
    if is_bound(text, stem):
        return None
    edit = _import_added(text, f"from . import {stem}  # noqa: F401")
    return Fix(f"Import `{stem}` in `{package}`", (edit,), "unsafe", package) if edit is not None else None


def _takes_from(project: Project, module: Module, target: str, package: str) -> bool:
    """Whether an import takes something from the package that is to import the module, other than its modules."""
    absolute = f"{package}{target}" if target.startswith(".") and not target.startswith("..") else target
    parent = absolute.rpartition(".")[0]
    return package in (absolute, parent) and not (parent == package and project.has_module(absolute, module))


def _import_added(text: Text, statement: str) -> Edit | None:
    """An import below those at the top of a file, or below its docstring."""
    newline = text.source.newline
    last = None
    for number, line in enumerate(text.tree.body):
        if not isinstance(line, cst.SimpleStatementLine):
            break
        if all(isinstance(s, cst.Import | cst.ImportFrom) for s in line.body):
            last = line
        elif not (number == 0 and isinstance(line.body[0], cst.Expr)):
            break
    if last is not None:
        end = text.place_of(last).end_line
        if end < len(text.lines):
            return text.insert(end + 1, 0, f"{statement}{newline}")
        return text.insert(end, len(text.lines[-1]), f"{newline}{statement}")
    if not text.source.text.strip():
        return Edit(text.span(0, len(text.source.text)), f"{statement}{newline}")
    body = text.tree.body
    first = body[0] if body else None
    if not isinstance(first, cst.SimpleStatementLine) or not isinstance(first.body[0], cst.Expr):
        return None
    end = text.place_of(first).end_line
    if end >= len(text.lines):
        return None
    rest = newline if len(body) > 1 else ""
    return text.insert(end + 1, 0, f"{newline}{statement}{newline}{rest if text.lines[end].strip() else ''}")


def _among_packages(context: Context) -> Fix | None:
    """The package among those of `autodiscover_tasks([...])`."""
    project = context.project
    name = project.module_name(context.module)
    for found in autodiscoveries(project):
        if not found.literal or not isinstance(found.packages, tuple) or not isinstance(found.related, str):
            continue
        package = name.removesuffix(f".{found.related}")
        folder = posixpath.dirname(posixpath.dirname(context.module.path))
        beside = {posixpath.dirname(posixpath.dirname(p)) for p in _paths(project, found)}
        if package == name or folder not in beside:
            continue
        path = found.scope.module.path
        text = context.text if path == context.module.path else context.other(path)
        edits = _appended(text, found.packages, package)
        if edits is not None:
            return Fix(f"Discover the tasks of `{package}`", edits, "unsafe", path)
    return None


def _paths(project: Project, found: Autodiscovery) -> Iterator[str]:
    """The modules that a call finds."""
    for package in found.packages if isinstance(found.packages, tuple) else ():
        module = project.find_module(f"{package}.{found.related}", found.scope.module)
        if module is not None:
            yield module.path


def _by_applications(context: Context) -> Fix | None:
    """`autodiscover_tasks()` for `autodiscover_tasks(lambda: settings.INSTALLED_APPS)`, which does not find
    applications that are entered by the path of their configuration."""
    folder, name = posixpath.split(context.module.path)
    if name != "tasks.py" or f"{folder}/apps.py" not in context.project.index.tree.python:
        return None
    for found in autodiscoveries(context.project):
        path = found.scope.module.path
        if found.packages != ENTRIES or found.related != "tasks" or found.call.keywords or len(found.call.args) != 1:
            continue
        text = context.text if path == context.module.path else context.other(path)
        node = text.node(found.call.span, cst.Call)
        if node is None or len(node.args) != 1:
            return None
        edits = [text.remove_argument(node, node.args[0])]
        used = [n for n in text.nodes(cst.Name) if n.value == "settings"]
        imports = [s for s in text.nodes(cst.ImportFrom) if _is_settings(text, s)]
        if len(used) == 2 and len(imports) == 1:  # its import, and this use
            removed = text.remove_statement(imports[0])
            edits += [removed] if removed is not None else []
        return Fix("Discover the tasks of all of Django's applications", tuple(edits), "unsafe", path)
    return None


def _is_settings(text: Text, node: cst.ImportFrom) -> bool:
    return text.code(node) == "from django.conf import settings"


def _in_list(context: Context) -> Fix | None:
    """The module in the literal list of `include` or `imports`."""
    project = context.project
    name = project.module_name(context.module)
    first = name.partition(".")[0]
    for setting in ("include", "imports"):
        value = project.setting(project.apps[0], setting)
        path = value.origin.rpartition(":")[0]
        listed = value.value if value.is_set else None
        if not isinstance(listed, list | tuple) or not path.endswith(".py"):
            continue
        if not any(isinstance(item, str) and item.partition(".")[0] == first for item in listed):
            continue
        text = context.text if path == context.module.path else context.other(path)
        edits = _appended(text, tuple(listed), name)
        if edits is not None:
            return Fix(f"Add `{name}` to `{setting}`", edits, "unsafe", path)
    return None


def _appended(text: Text, values: tuple[object, ...], new: str) -> tuple[Edit, ...] | None:
    """`new` as the last of a list or tuple of strings, in its layout; None where there is not one of these values."""
    displays: list[cst.List | cst.Tuple] = [*text.nodes(cst.List), *text.nodes(cst.Tuple)]
    same = [display for display in displays if _strings(display) == list(values)]
    if len(same) != 1 or not values:
        return None
    elements = same[0].elements
    last, place = elements[-1], text.place_of(elements[-1].value)
    code = text.code(last.value)
    quote = code[-1]
    literal = f"{quote}{new}{quote}"
    comma = last.comma if isinstance(last.comma, cst.Comma) else None
    end = text.place_of(comma) if comma is not None else place
    if not text.lines[place.line - 1][: place.column].strip():
        line = f"{text.source.newline}{text.indent(place.line)}{literal}"
        rest = text.lines[end.end_line - 1][end.end_column :]
        column = end.end_column + (len(rest) if not rest.strip() or rest.strip().startswith("#") else 0)
        if comma is not None:
            return (text.insert(end.end_line, column, f"{line},"),)
        if column == end.end_column:
            return (text.insert(end.end_line, column, f",{line}"),)
        return text.insert(end.end_line, end.end_column, ","), text.insert(end.end_line, column, line)
    if comma is not None:
        return (text.insert(end.end_line, end.end_column, f" {literal}{',' if len(elements) > 1 else ''}"),)
    return (text.insert(end.end_line, end.end_column, f", {literal}"),)


def _strings(node: cst.List | cst.Tuple) -> list[object]:
    return [e.value.evaluated_value if isinstance(e.value, cst.SimpleString) else None for e in node.elements]


# --- CEL105


@fixer("CEL105")
def not_imported_by_django(found: Diagnostic, context: Context) -> Fix | None:
    """Import the application in the package of Django's settings, as Celery's documentation does."""
    project, module = context.project, context.module
    app = next((app for app in project.apps if app.module is module and app.call.span == found.span), None)
    if app is None:
        return None
    folder, name = posixpath.split(module.path)
    package = f"{folder}/__init__.py"
    variable = app.name.rpartition(".")[2]
    if package not in project.index.tree.python or not folder or not variable:
        return None
    if not settings_beside(project, module) or not _is_importable(project, app):
        return None
    text = context.other(package)
    if is_bound(text, "celery_app") or is_bound(text, name.removesuffix(".py")):
        return None
    imported = variable if variable == "celery_app" else f"{variable} as celery_app"
    statement = f"from .{name.removesuffix('.py')} import {imported}"
    if text.source.text.strip():
        edit = _import_added(text, f"{statement}  # noqa: F401")
    else:
        newline = text.source.newline
        exported = f"__all__ = ({text.quoted('celery_app')},)"
        whole = text.span(0, len(text.source.text))
        edit = Edit(whole, f"{statement}{newline}{newline}{exported}{newline}")
    return Fix(f"Import the app in `{package}`", (edit,), "unsafe", package) if edit is not None else None


def _is_importable(project: Project, app: App) -> bool:
    """Whether the module of the application can be imported while Django's settings are: it asks them nothing, and
    imports nothing of the project."""
    module = app.module
    body = module.body
    if any(call.attr not in _HARMLESS_CALLS and call.use != "decorator" for call in body.calls):
        return False
    if any(_is_own(project, module, i.loads) for i in body.imports):
        return False
    return not any(isinstance(e, Attr) and e.base == Name("settings") for e, _ in reads(body))


def _is_own(project: Project, module: Module, target: str) -> bool:
    return target.startswith(".") or project.has_module(target.partition(".")[0], module)


# --- CEL106


@fixer("CEL106")
def named_after_the_script(found: Diagnostic, context: Context) -> Fix | None:
    """Name the application after its module, where both are in the script."""
    project, text = context.project, context.text
    task = next((t for t in project.tasks_of(context.module) if t.span == found.span), None)
    apps = project.apps_of(task) if task is not None else ()
    if task is None or len(apps) != 1 or apps[0].module is not context.module:
        return None
    main, _, function = task.name.rpartition(".")
    node = text.node(apps[0].call.span, cst.Call)
    if node is None or not main or function != task.function.name:
        return None
    given = text.argument(node, "main", 0)
    title = f"Name the app `{main}`"
    if given is not None:
        if not isinstance(given.value, cst.SimpleString) and text.code(given.value) != "__name__":
            return None
        return Fix(title, (text.replace(given.value, text.quoted(main)),), "unsafe")
    if any(a.star for a in node.args):
        return None
    if not node.args:
        return Fix(title, (text.add_argument(node, text.quoted(main)),), "unsafe")
    first = text.place_of(node.args[0])
    own_line = not text.lines[first.line - 1][: first.column].strip()
    gap = f"{text.source.newline}{text.indent(first.line)}" if own_line else " "
    return Fix(title, (text.insert_before(node.args[0], f"{text.quoted(main)},{gap}"),), "unsafe")
