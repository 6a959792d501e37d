"""Configuration modules that are named and do not exist."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..gitignore import Ignore, ignored
from ..model import Call, Const, Expr, Finding, Module, Scope, Span, Sub, dotted
from ..rule import rule
from .app import is_missing
from .environments import is_elsewhere

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

_MODULE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_OF_AN_INSTALLATION = frozenset(
    {"custom", "instance", "local", "machine", "override", "private", "secret", "site", "user"}
)
_SETTINGS = Const("DJANGO_SETTINGS_MODULE")


@rule("CEL110")
def config_module_missing(module: Module, project: Project) -> Iterator[Finding]:
    """Modules of the project's own that `config_from_object` or Django's variable names, and that are not there."""
    apps = [app for app in project.apps if app.module is module]
    for app in apps:
        yield from _reported(project, app.scope, app.call.keyword("config_source"), app.call.span)
    for scope, call in project.called(module, ("config_from_object",)):
        if _tells(project, scope, call):
            yield from _reported(project, scope, call.argument(0, "obj"), call.span)
    for scope in module.scopes if apps else ():
        for assign in scope.assigns:
            target = assign.target
            if isinstance(target, Sub) and target.index == _SETTINGS and assign.operator == "=":
                name = project.value(scope, assign.value)
                if isinstance(name, str) and _is_absent(project, scope, name):
                    if project.name(scope, target.base) == "os.environ":
                        yield Finding(
                            assign.span,
                            f"`{name}` does not exist: with it as `DJANGO_SETTINGS_MODULE` the worker stops at start "
                            "with ModuleNotFoundError",
                        )


def _tells(project: Project, scope: Scope, call: Call) -> bool:
    """Whether a missing module is an error to the application that is configured."""
    base = getattr(call.func, "base", None)
    silent = call.argument(1, "silent")
    if base is None or call.has_spread or silent not in (None, Const(value=False)):
        return False
    return project.is_app(scope, base)


def _reported(project: Project, scope: Scope, source: Expr | None, span: Span) -> Iterator[Finding]:
    value = project.value(scope, source) if source is not None else None
    name = value.partition(":")[0] if isinstance(value, str) else ""
    if _is_absent(project, scope, name):
        if value == name and _may_be_a_variable(project, scope, name):
            return
        yield Finding(
            span,
            f"`{name}` does not exist: the first use of the configuration, mostly the first message that is sent, "
            "raises ModuleNotFoundError",
        )


def _may_be_a_variable(project: Project, scope: Scope, name: str) -> bool:
    """Whether the last part of a name may stand for something in the module before it."""
    head, _, last = name.rpartition(".")
    module = project.find_module(head, scope.module)
    if module is None:
        return not _is_absent(project, scope, head)
    given = {imported.name for imported in module.body.imports} | {s.name for s in module.scopes if s.parent == 0}
    bound = any(dotted(assign.target) == last for assign in module.body.assigns)
    return bound or not given.isdisjoint((last, "*", "__getattr__"))


def _is_absent(project: Project, scope: Scope, name: str) -> bool:
    """Whether the project lacks a module of its own, which no installation makes."""
    stem = name.rpartition(".")[2]
    if not _MODULE.fullmatch(name) or is_elsewhere(scope) or not _OF_AN_INSTALLATION.isdisjoint(stem.split("_")):
        return False
    if not is_missing(project, name, scope.module) or project.deployment_mentions(stem):
        return False
    try:
        lines = (project.root / ".gitignore").read_text("utf-8", "replace").splitlines()
    except OSError:
        return True
    return not ignored([Ignore(lines)], name.replace(".", "/") + ".py", is_folder=False)
