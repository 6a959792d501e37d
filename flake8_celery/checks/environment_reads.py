"""Tasks that read the environment while they run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..model import Attr, Const, Expr, Finding, Module, Name, Scope, Span, Sub, dotted
from ..reads import reads
from ..rule import rule
from .places import name as shown

if TYPE_CHECKING:
    from ..project import Project, Reach

_CALLS = frozenset({"os.environ.get", "os.getenv", "decouple.config", "starlette.config.Config()"})
_LAST = frozenset({"get", "getenv", "config"})
_MAPPING = "os.environ"
_CACHES = ("cache", "cached", "lru_cache", "cached_property")


@rule("CEL911")
def environment_read_in_task(module: Module, project: Project) -> Iterator[Finding]:
    """Environment variables that the body of a task, or a function that it calls, reads."""
    found: dict[Span, str] = {}
    for task in project.tasks_of(module):
        for reached in project.reach(task):
            if not _may_read(reached.scope.module) or any(_is_cached(scope) for scope in _way(reached)):
                continue
            for variable, span in _variables(project, reached.scope):
                place = span if reached.scope.module is module else _nearest(reached, module)
                if place is not None and place not in found:
                    by = f" in `{reached.scope.name}`" if reached.scope.module is not module else ""
                    found[place] = (
                        f"{shown(task)} reads the environment variable `{variable}` while it runs{by}, "
                        "not when the worker starts"
                    )
    yield from (Finding(span, message) for span, message in found.items())


def _may_read(module: Module) -> bool:
    """Whether the file imports anything that reads the environment."""
    return any(
        imported.target.partition(".")[0] in ("os", "decouple", "starlette")
        for scope in module.scopes
        for imported in scope.imports
    )


def _way(reached: Reach) -> Iterator[Scope]:
    yield reached.scope
    yield from (scope for scope, _ in reached.calls)


def _is_cached(scope: Scope) -> bool:
    """Whether a function keeps its answer, or what it made of it: then it reads once, and not in every run."""
    if scope.globals:
        return True
    outer = scope.enclosing
    for decorator in scope.decorators:
        call = outer.call(decorator.expr) if outer is not None else None
        if (dotted(call.func if call is not None else decorator.expr) or "").rpartition(".")[2] in _CACHES:
            return True
    return False


def _nearest(reached: Reach, module: Module) -> Span | None:
    return next((call.span for scope, call in reversed(reached.calls) if scope.module is module), None)


def _variables(project: Project, scope: Scope) -> Iterator[tuple[str, Span]]:
    """The variables that a scope reads, by names that are not computed, with their places."""
    for call in scope.calls:
        if (call.attr in _LAST or isinstance(call.func, Name)) and project.name(scope, call.func) in _CALLS:
            key = call.args[0] if call.args else None
            found = _key(project, scope, key)
            if found:
                yield found, call.span
    for expr, span in reads(scope):
        if isinstance(expr, Sub) and _is_mapping(project, scope, expr.base):
            found = _key(project, scope, expr.index)
            if found:
                yield found, span


def _is_mapping(project: Project, scope: Scope, expr: Expr) -> bool:
    last = expr.attr if isinstance(expr, Attr) else expr.id if isinstance(expr, Name) else ""
    return last == "environ" and project.name(scope, expr) == _MAPPING


def _key(project: Project, scope: Scope, expr: Expr | None) -> str:
    value = expr.value if isinstance(expr, Const) else project.value(scope, expr)
    return value if isinstance(value, str) else ""
