"""Tasks that reach for the web request, which stays in the web process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flake8_celery.model import Attr, Finding, Module, Name, Scope, Span, Task
from flake8_celery.reads import reads
from flake8_celery.rule import rule
from flake8_celery.traits import imports_flask

from ..per_project import per_project
from .places import name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flake8_celery.project import Project, Reach

_REQUEST, _APP = "request", "application"
_PROXIES = {
    "flask.request": _REQUEST,
    "flask.globals.request": _REQUEST,
    "flask.session": _REQUEST,
    "flask.globals.session": _REQUEST,
    "flask.g": _APP,
    "flask.globals.g": _APP,
}
_PUSHING = {
    _REQUEST: ("test_request_context", "request_context", "copy_current_request_context"),
    _APP: ("app_context", "test_request_context", "request_context", "copy_current_request_context"),
}
"""Who calls one of these gives tasks a context, or may."""
_ASKING = frozenset({"has_request_context", "has_app_context"})
_CATCHING = frozenset({"RuntimeError", "Exception", "BaseException"})

_REQUEST_CLASSES = frozenset(
    {
        "django.http.HttpRequest",
        "django.http.request.HttpRequest",
        "django.core.handlers.wsgi.WSGIRequest",
        "rest_framework.request.Request",
        "fastapi.Request",
        "fastapi.requests.Request",
        "starlette.requests.Request",
        "flask.Request",
    }
)
_REQUEST_ATTRIBUTES = frozenset(
    {
        "COOKIES",
        "FILES",
        "GET",
        "META",
        "POST",
        "build_absolute_uri",
        "get_full_path",
        "get_host",
        "resolver_match",
        "session",
        "user",
    }
)


@rule("CEL211")
def request_context_in_task(module: Module, project: Project) -> Iterator[Finding]:
    """Flask's request, session and `g` in tasks, and tasks that take a request."""
    for task in project.tasks_of(module):
        finding = _takes_request(project, task)
        if finding is not None:
            yield finding
    if project.index.derived(imports_flask, module):
        yield from _in_tasks(project).get(module.path, ())


# --- Flask


@per_project
def _in_tasks(project: Project) -> dict[str, list[Finding]]:
    wanted = {kind for kind in (_REQUEST, _APP) if not any(project.calls.named(word) for word in _PUSHING[kind])}
    found: dict[tuple[str, int, str], tuple[Span, str]] = {}
    if not wanted:
        return {}
    for task, reached in project.of_tasks(_in_flask):
        for reach in reached:
            for span, proxy in _proxies(project, reach.scope, wanted):
                key = (reach.scope.module.path, reach.scope.index, proxy)
                by = f" (by way of `{reach.scope.qualname}`)" if reach.calls else ""
                context = _PROXIES[f"flask.{proxy}"]
                message = (
                    f"{name(task)} uses `flask.{proxy}`{by}, which is not there in a worker: RuntimeError, working "
                    f"outside of {context} context"
                )
                if key not in found or (span.line, span.column) < (found[key][0].line, found[key][0].column):
                    found[key] = (span, message)
    of: dict[str, list[Finding]] = {}
    for (path, _, _), (span, message) in found.items():
        of.setdefault(path, []).append(Finding(span, message))
    return of


def _in_flask(project: Project, task: Task) -> list[Reach]:
    if not project.base_class(task)[1]:
        return []  # another package's class may give its tasks a context
    return [reach for reach, _ in project.in_reach(_beside_flask, task) if not _asks(reach)]


def _beside_flask(project: Project, scope: Scope) -> bool:
    return project.index.derived(imports_flask, scope.module)


def _asks(reach: Reach) -> bool:
    """Whether a function on the way asks if there is a context."""
    scopes = [reach.scope, *(scope for scope, _ in reach.calls)]
    return any(call.attr in _ASKING for scope in scopes for call in scope.calls)


def _proxies(project: Project, scope: Scope, wanted: set[str]) -> Iterator[tuple[Span, str]]:
    tested = {block.test for block in scope.blocks if block.kind in ("if", "while")}
    for expr, span in reads(scope):
        if not isinstance(expr, Name | Attr) or expr in tested:
            continue
        kind = _PROXIES.get(project.name(scope, expr) or "")
        if kind in wanted and not _is_caught(scope, span):
            proxy = (project.name(scope, expr) or "").rpartition(".")[2]
            if proxy != "g" or not _is_set(scope, expr):
                yield span, proxy


def _is_set(scope: Scope, expr: Name | Attr) -> bool:
    """Whether the function itself puts something there."""
    return any(isinstance(a.target, Attr) and a.target.base == expr for a in scope.assigns)


def _is_caught(scope: Scope, span: Span) -> bool:
    """Whether a `try` around a place handles what is raised where there is no context."""
    for block in scope.blocks:
        if block.handlers and block.span.line <= span.line < block.handlers[0].span.line:
            for handler in block.handlers:
                if not handler.types or any(isinstance(t, Name) and t.id in _CATCHING for t in handler.types):
                    return True
    return False


# --- requests as arguments


def _takes_request(project: Project, task: Task) -> Finding | None:
    """The finding for a task with a parameter that is a web request."""
    function = task.function
    given = function.params[1:] if task.bound is not False or task.cls is not None else function.params
    for param in given:
        if param.default is not None or param.kind not in ("positional-only", "positional", "keyword-only"):
            continue
        annotated = project.name(function.enclosing, param.annotation) if function.enclosing is not None else None
        if annotated not in _REQUEST_CLASSES and not (
            param.name == "request" and param.annotation is None and _uses_request(function)
        ):
            continue
        if _other_serializer(project, task):
            return None
        return Finding(
            function.span,
            f"{name(task)} takes a web request as `{param.name}`: it cannot be serialized, so that sending the task "
            "raises EncodeError",
        )
    return None


def _uses_request(function: Scope) -> bool:
    return any(
        isinstance(expr, Attr) and expr.base == Name("request") and expr.attr in _REQUEST_ATTRIBUTES
        for expr, _ in reads(function)
    )


def _other_serializer(project: Project, task: Task) -> bool:
    """Whether the task's arguments may be serialized otherwise than as JSON."""
    if project.option(task, "pydantic").truth(default=False) is True:
        return True
    serializer = project.option(task, "serializer")
    return serializer.is_set and serializer.value != "json"
