"""Results that are stored although nobody reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..dispatch import SEND
from ..knowledge.transports import BACKENDS
from ..model import Attr, Call, CallRef, Const, Expr, Finding, Items, Module, Name, Scope, ScopeRef, Task, Value
from ..per_project import per_project
from ..reads import parts, reads
from ..rule import rule
from .network import is_scheduled
from .places import name

if TYPE_CHECKING:
    from ..project import Project

_MONITORS = ("django_celery_results", "celery_progress", "django_celery_monitor")
_READERS = frozenset({"AsyncResult", "GroupResult", "ResultSet", "result_from_tuple"})
_ON_COMMIT = frozenset({"on_commit", "run_on_commit", "call_on_commit", "on_commit_run"})
_GIVEN = ("backend", "result_backend")
_PERIODIC = "add_periodic_task"
_HARMLESS = frozenset({"name", "request", "retry", "max_retries"})
"""Attributes of a task that lead to no result."""


@rule("CEL905")
def unused_result_not_ignored(module: Module, project: Project) -> Iterator[Finding]:
    """Tasks whose results go to a result backend, where all that sends them drops the result."""
    for task in project.tasks_of(module):
        if not task.complete or not task.name or not _is_stored(project, task):
            continue
        seen = _seen(project)
        if seen is None:
            return
        place = _place(task)
        if place in seen.kept or task.name in seen.kept_names or _reports_progress(task):
            continue
        if place in seen.dropped or task.name in seen.dropped_names or is_scheduled(project, task):
            yield Finding(
                task.span,
                f"nothing reads the result of {name(task)}, and each run stores one (no `ignore_result=True`)",
            )


def _is_stored(project: Project, task: Task) -> bool:
    if not any(_keeps(scheme) for scheme in _schemes(project, project.setting(task, "result_backend"))):
        return False
    if not project.setting(task, "result_extended").is_unset:
        return False  # somebody looks at what is stored
    return project.option(task, "ignore_result").truth(default=False) is False


def _keeps(scheme: str) -> bool:
    """Whether this is a backend of Celery's own, and not one whose rows an admin shows."""
    return scheme.partition("+")[0] in BACKENDS - {"disabled"}


def _schemes(project: Project, backend: Value) -> Iterator[str]:
    """The schemes that are written out where the result backend is set."""
    if not backend.is_set:
        return
    if isinstance(backend.value, str):
        yield backend.value.partition(":")[0]
        return
    path, _, line = backend.origin.rpartition(":")
    module = project.module(path) if path and line.isdigit() else None
    for scope in module.scopes if module is not None else ():
        given = [call.keyword(key) for call in scope.calls if call.span.line == int(line) for key in _GIVEN]
        found = [expr for expr in given if expr is not None]
        if not found:
            found = [assign.value for assign in scope.assigns if assign.span.line == int(line)]
        for expr in found:
            yield from _literals(scope, expr)


def _literals(scope: Scope, expr: Expr) -> Iterator[str]:
    """The schemes of the addresses in an expression."""
    for part in parts(expr):
        if isinstance(part, Const) and "://" in str(part.value):
            yield str(part.value).partition(":")[0]
        elif isinstance(part, CallRef):
            call = scope.calls[part.index]
            for value in (*call.args, *(value for _, value in call.keywords)):
                yield from _literals(scope, value)


def _reports_progress(task: Task) -> bool:
    return any(call.attr == "update_state" for call in task.function.calls)


def _place(task: Task) -> tuple[str, int]:
    return task.function.module.path, task.function.index


# --- what the project does with results


@dataclass
class _Seen:
    """Tasks by place and by name: those whose result something may read, and those whose result is dropped."""

    kept: set[tuple[str, int]]
    kept_names: set[str]
    dropped: set[tuple[str, int]]
    dropped_names: set[str]


@per_project
def _seen(project: Project) -> _Seen | None:
    """What becomes of results; None where something may read the result of any task."""
    if _has_monitor(project):
        return None
    last = {_last_name(task) for task in project.tasks} - {""}
    seen = _Seen(set(), set(), set(), set())
    for module in project.modules:
        for scope in module.scopes:
            if not _look(project, seen, scope, last):
                return None
    return seen


def _has_monitor(project: Project) -> bool:
    for module in project.modules:
        if any(i.target.startswith(_MONITORS) for scope in module.scopes for i in scope.imports):
            return True
        for assign in module.body.assigns:
            values = assign.value.items if isinstance(assign.value, Items) else (assign.value,)
            if any(isinstance(v, Const) and isinstance(v.value, str) and v.value.startswith(_MONITORS) for v in values):
                return True
    return False


def _last_name(task: Task) -> str:
    return task.cls.name if task.cls is not None else task.function.name


def _look(project: Project, seen: _Seen, scope: Scope, last: set[str]) -> bool:
    """Note what a scope does with results; tells whether that can be told."""
    mentions: Counter[Expr] = Counter(
        expr for expr, _ in reads(scope) if isinstance(expr, Attr | Name) and _ends(expr) in last
    )
    for index, call in enumerate(scope.calls):
        if call.attr in _READERS:
            task = project.task(scope, call.func.base) if isinstance(call.func, Attr) else None
            if task is None:
                return False
            seen.kept.add(_place(task))
            continue
        if call.func in mentions:
            mentions[call.func] -= 1  # called itself, without a message
        sent = project.dispatch(scope, call)
        if sent is None:
            continue
        drops = _is_dropped(scope, call) if sent.sends else _is_periodic(scope, index)
        if sent.task is not None:
            (seen.dropped if drops else seen.kept).add(_place(sent.task))
            if isinstance(call.func, Attr):
                mentions[call.func.base] -= 1
        elif sent.name is not None:
            (seen.dropped_names if drops else seen.kept_names).add(sent.name)
        elif not drops and sent.sends:
            return False  # the result of some task, by a computed name
    for expr, _ in reads(scope):
        if isinstance(expr, Attr) and expr.attr in _HARMLESS and expr.base in mentions:
            mentions[expr.base] -= 1
    for expr, count in mentions.items():
        task = project.task(scope, expr) if count > 0 else None
        if task is not None and not _is_own(scope, task, expr):
            seen.kept.add(_place(task))  # handed on: who gets it may send it, and keep the result
    return True


def _ends(expr: Expr) -> str:
    return expr.attr if isinstance(expr, Attr) else expr.id if isinstance(expr, Name) else ""


def _is_own(scope: Scope, task: Task, expr: Expr) -> bool:
    """Whether this is the `self` of the task itself."""
    return isinstance(expr, Name) and bool(task.bound) and any(p.name == expr.id for p in scope.params[:1])


def _is_dropped(scope: Scope, call: Call) -> bool:
    """Whether the value of a call that sends a task goes nowhere."""
    if call.attr not in SEND and call.attr != "send_task":
        return False
    if (call.attr or "").endswith("_on_commit") or call.keyword("ignore_result") is not None:
        return True
    if call.use == "statement":
        return not any(key in ("task_id", None) for key, _ in call.keywords)
    if call.use == "return" and scope.kind == "lambda" and scope.enclosing is not None:
        calls = (other for other in scope.enclosing.calls if other.attr in _ON_COMMIT)
        return any(ScopeRef(scope.index) in other.args for other in calls)
    return False


def _is_periodic(scope: Scope, index: int) -> bool:
    """Whether a signature is what `add_periodic_task` gets, also behind `.set(...)`."""
    for number, call in enumerate(scope.calls):
        if call.attr == _PERIODIC and CallRef(index) in call.args:
            return True
        if call.attr == "set" and isinstance(call.func, Attr) and call.func.base == CallRef(index):
            return _is_periodic(scope, number)
    return False
