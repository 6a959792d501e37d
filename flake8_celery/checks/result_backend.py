"""What needs a result backend, in projects that have none, or one that cannot do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..cures import setting
from ..model import Attr, Expr, Finding, Module, Scope, Span, Task, Value
from ..per_project import per_project
from ..rule import rule
from ..traits import BACKEND, sets_backend
from ..uses import parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..canvas import Canvas
    from ..dispatch import Dispatch
    from ..project import Project

_ASKING = {
    **dict.fromkeys(("collect", "forget", "get", "get_leaf", "join", "join_native", "wait"), "NotImplementedError"),
    **dict.fromkeys(
        ("completed_count", "failed", "maybe_reraise", "maybe_throw", "ready", "successful", "waiting"),
        "AttributeError",
    ),
}
"""Methods of results that ask the backend, with what they raise where there is none."""
_READ = frozenset({"date_done", "info", "result", "state", "status", "traceback"})
"""Properties of results that ask the backend: they raise AttributeError."""
_POLLING = frozenset(
    {
        *("arangodb", "azureblockblob", "cassandra", "consul", "cosmosdbsql", "couchbase", "couchdb", "database", "db"),
        *("elasticsearch", "file", "filesystem", "mongodb", "s3"),
    }
)
"""Backends where a task polls for the results of a chord's header, and so waits for results that are not stored."""


# --- is there one?


def _backend(project: Project, task: Task | None = None) -> str | None:
    """The scheme of the result backend, "" where there is certainly none, None where that cannot be told."""
    return None if _may_be_set_outside(project) else _scheme(project.setting(task, "result_backend"))


def _scheme(value: Value) -> str | None:
    if value.is_unset:
        return ""
    if not value.is_set or not isinstance(value.value, str):
        return None
    scheme = value.value.partition("://")[0].partition("+")[0].lower()
    return "" if scheme == "disabled" else scheme


@per_project
def _may_be_set_outside(project: Project) -> bool:
    """Whether the environment may name a result backend, which comes before the code, or tasks run at once."""
    if project.setting(None, "task_always_eager").truth(default=False) is True:
        return True
    if any(variable.name == BACKEND for variable in project.deployment.variables):
        return True
    if any(not project.setting(app, "broker_url").is_set for app in project.apps):
        return True  # who does not name the broker gets both from somewhere else
    return not project.apps or any(project.index.derived(sets_backend, module) for module in project.modules)


# --- CEL603


@rule("CEL603")
def result_without_backend(module: Module, project: Project) -> Iterator[Finding]:
    """Questions to results that no backend keeps."""
    if "" not in _schemes(project):
        return
    seen: set[Span] = set()
    for scope in module.scopes:
        for attr, base, span in _asked(scope):
            result = project.result(scope, base) if span not in seen else None
            if result is None or result.eager:
                continue
            task = result.sent.task if result.sent is not None else None
            if _backend(project, task) == "":
                seen.add(span)
                written = f"`{attr}()` raises {_ASKING[attr]}" if attr in _ASKING else f"`{attr}` raises AttributeError"
                yield Finding(span, f"{written}: the app has no result backend", cure=_a_backend(project, task))


def _a_backend(project: Project, task: Task | None) -> str:
    """The setting that gives the application a backend which can do all that is asked of one."""
    apps = project.apps_of(task) if task is not None else project.apps
    line = setting(project, apps[0] if len(apps) == 1 else None, "result_backend", '"redis://..."')
    return f"write {line}" if line else ""


def _asked(scope: Scope) -> Iterator[tuple[str, Expr, Span]]:
    """The attributes of results that may be asked for in a scope, and what they are taken of."""
    for call in scope.calls:
        if isinstance(call.func, Attr) and call.func.attr in _ASKING:
            yield call.func.attr, call.func.base, call.span
    for whole, span in _expressions(scope):
        pending = [whole]
        while pending:
            expr = pending.pop()
            if isinstance(expr, Attr) and expr.attr in _READ:
                yield expr.attr, expr.base, span
            pending.extend(parts(expr))


def _expressions(scope: Scope) -> Iterator[tuple[Expr, Span]]:
    """The expressions of a scope, with the statement or call that they stand in."""
    for call in scope.calls:
        if isinstance(call.func, Attr):
            yield call.func.base, call.span
        for value in (*call.args, *(value for _, value in call.keywords)):
            yield value, call.span
    for assign in scope.assigns:
        yield assign.value, assign.span
    for returned in scope.returns:
        if returned.value is not None:
            yield returned.value, returned.span
    for block in scope.blocks:
        if block.test is not None and block.kind in ("if", "while"):
            yield block.test, block.span
    for bare in scope.bare:
        yield bare.expr, bare.span


# --- CEL510


@rule("CEL510")
def chord_without_results(module: Module, project: Project) -> Iterator[Finding]:
    """Chords, and groups that something follows, without a backend that can join their results."""
    if not _schemes(project) & {"", "rpc", *_POLLING}:
        return
    seen: set[Span] = set()
    for canvas, _ in project.canvases(module):
        for header, span in joined(canvas):
            if span in seen:
                continue
            backend = _backend(project, _some_task(canvas))
            if backend in _POLLING:
                yield from _ignoring(project, header, span, seen)
            elif backend in ("", "rpc"):
                seen.add(span)
                why = "there is no result backend" if not backend else "the backend `rpc://` cannot join results"
                what = "the chord" if canvas.kind == "chord" else "a group with a task behind it is a chord, which"
                yield Finding(
                    span,
                    f"{what} raises NotImplementedError when it is sent: {why}",
                    cure=_a_backend(project, _some_task(canvas)) if not backend else "",
                )


@per_project
def _schemes(project: Project) -> set[str]:
    """The backends of the project's applications, as far as they are certain; "" for one that has none."""
    if _may_be_set_outside(project):
        return set()
    found = (_scheme(project.setting(app, "result_backend")) for app in project.apps)
    return {scheme for scheme in found if scheme is not None}


def _some_task(canvas: Canvas) -> Task | None:
    """A task of the canvas: its application sends all of them."""
    for part in (*((canvas.body,) if canvas.body is not None else ()), *canvas.parts):
        found = part.task or _some_task(part)
        if found is not None:
            return found
    return None


def joined(canvas: Canvas) -> Iterator[tuple[Canvas, Span]]:
    """What a canvas waits for all results of: the header of a chord, and groups that something follows."""
    if canvas.kind == "chord":
        yield canvas, canvas.span
    elif canvas.kind == "chain":
        for part in canvas.parts[:-1]:
            if part.kind == "group":
                yield part, part.span


def _ignoring(project: Project, header: Canvas, span: Span, seen: set[Span]) -> Iterator[Finding]:
    for sent, task, _ in ignoring(project, header):
        seen.add(span)
        name = task.function.name if task is not None else sent.name
        yield Finding(
            span, f"`{name}` ignores its result, for which the chord waits: with this backend its body never runs"
        )
        return


def ignoring(project: Project, header: Canvas) -> Iterator[tuple[Dispatch, Task | None, bool]]:
    """The parts of a header whose results are not kept, each with its task and whether the signature itself says so."""
    for part in header.parts:
        last = part.last
        if last.sent is None:
            continue
        task = last.task or project.task_named(last.sent.name or "")
        given = last.sent.options.get("ignore_result")
        ignores = project.value(last.scope, given) is True if given is not None else False
        if not ignores and task is not None and given is None:
            ignores = project.option(task, "ignore_result").truth(default=False) is True
        if ignores:
            yield last.sent, task, given is not None
