"""Requests that choose which task runs, or where it goes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..model import Attr, Await, Call, Const, Expr, Finding, Module, Name, Op, Param, Scope, Sub
from ..reads import parts
from ..rule import rule

if TYPE_CHECKING:
    from ..project import Project

_QUEUES = ("queue", "routing_key", "exchange")
_SENDING = frozenset({"apply_async", "apply_async_on_commit", "send_task", "set", "signature", "subtask", "Signature"})
_ROWS = frozenset({"PeriodicTask", "create", "get_or_create", "update_or_create"})
_ROW = "django_celery_beat.models.PeriodicTask"
_CONTENT = frozenset(
    {
        "GET", "POST", "args", "body", "data", "form", "json", "match_info", "path_params", "query_params", "values",
        "view_args",
    }
)  # fmt: skip
"""Attributes of a request of Django, Flask, FastAPI and aiohttp that the client fills."""
_VIEW_CONTENT = frozenset({"GET", "POST", "data", "query_params"})
"""Of `self.request`, which in a task is something else."""
_READING = frozenset({"body", "copy", "dict", "form", "get", "get_json", "getlist", "json", "pop", "to_dict"})
_SAME = frozenset({"casefold", "decode", "lower", "strip", "upper"})
_LOGS = frozenset({"critical", "debug", "error", "exception", "info", "log", "print", "warning"})
_VERBS = frozenset({"api_route", "delete", "get", "patch", "post", "put", "route"})
_ROUTERS = frozenset({"fastapi.FastAPI()", "fastapi.APIRouter()", "flask.Flask()", "flask.Blueprint()"})
_ANY_TEXT = (None, Name("str"))


@rule("CEL914")
def dynamic_routing(module: Module, project: Project) -> Iterator[Finding]:
    """Names of tasks and queues that come straight from a request."""
    for scope in module.scopes:
        if scope.kind not in ("function", "lambda") or project.task_of(scope) is not None:
            continue
        for call in scope.calls:
            for expr, what in _choices(project, scope, call):
                if _comes_from_client(project, scope, expr) and not _is_checked(scope, expr, call):
                    yield Finding(call.span, f"the request chooses {what}: nothing keeps it to those that are meant")
                    break


def _choices(project: Project, scope: Scope, call: Call) -> Iterator[tuple[Expr, str]]:
    """What the call chooses by an expression: a task, or a queue."""
    if call.attr in _SENDING:
        sent = project.dispatch(scope, call)
        if sent is not None and sent.task is None and sent.name is None:
            first = call.argument(0, "name" if call.attr == "send_task" else "task")
            if first is not None:
                yield first, "which task runs"
        if sent is not None or call.attr == "set":
            for option in _QUEUES:
                given = call.keyword(option)
                if given is not None:
                    yield given, f"the {option.replace('_', ' ')} that the task goes to"
    elif call.attr in _ROWS and call.keyword("task") is not None:
        name = project.name(scope, call.func) or ""
        if name == _ROW or name.startswith(f"{_ROW}.objects."):
            given = call.keyword("task")
            if given is not None:
                yield given, "which task beat runs"
    if call.attr in ("delay", "apply_async") and isinstance(call.func, Attr) and isinstance(call.func.base, Sub):
        table = call.func.base
        if isinstance(table.base, Attr) and table.base.attr == "tasks" and project.is_app(scope, table.base.base):
            yield table.index, "which task runs"


# --- what the client fills


def _comes_from_client(project: Project, scope: Scope, expr: Expr, depth: int = 0) -> bool:
    """Whether a value is what a client sent, as it was sent."""
    if depth > 6:
        return False
    match expr:
        case Await(value=value):
            return _comes_from_client(project, scope, value, depth + 1)
        case Sub(base=base):
            return _comes_from_client(project, scope, base, depth + 1)
        case Attr(base=base, attr=attr):
            return attr in _CONTENT and _is_request(project, scope, base, attr)
        case Op(operator="or", operands=operands):
            return any(_comes_from_client(project, scope, operand, depth + 1) for operand in operands)
        case Name(id=name):
            param = scope.param(name)
            bound = [assign for assign in scope.assigned(name) if assign.operator != "del"]
            if param is not None:
                return not bound and _is_path_parameter(project, scope, param)
            if len(bound) != 1 or bound[0].operator not in ("=", ":="):
                return False
            return _comes_from_client(project, scope, bound[0].value, depth + 1)
    call = scope.call(expr)
    if call is None:
        return False
    if isinstance(call.func, Attr) and call.attr in (*_READING, *_SAME):
        base = call.func.base
        if call.attr in _READING and _is_request(project, scope, base, call.attr):
            return True
        return _comes_from_client(project, scope, base, depth + 1)
    if call.args and project.name(scope, call.func) in ("json.loads", "builtins.str"):
        return _comes_from_client(project, scope, call.args[0], depth + 1)
    return False


def _is_request(project: Project, scope: Scope, expr: Expr, attr: str) -> bool:
    """Whether an expression is the request that a web framework hands in."""
    if isinstance(expr, Attr):
        own = expr.attr == "request" and expr.base == Name("self")
        return own and attr in _VIEW_CONTENT
    if not isinstance(expr, Name):
        return False
    if scope.param(expr.id) is not None:
        return expr.id in ("request", "req")
    return project.name(scope, expr) in ("flask.request", "bottle.request", "sanic.request")


def _is_path_parameter(project: Project, scope: Scope, param: Param) -> bool:
    """Whether a parameter of a route's function is filled from the address, with any text."""
    outer = scope.enclosing
    if outer is None or param.annotation not in _ANY_TEXT or param.kind not in ("positional", "keyword-only"):
        return False
    if param.default is not None and not isinstance(param.default, Const):
        return False  # `Depends(...)`, or `Query(pattern=...)`
    for decorator in scope.decorators:
        call = outer.call(decorator.expr)
        if call is None or call.attr not in _VERBS or not isinstance(call.func, Attr):
            continue
        router = project.target(outer, call.func.base)
        if router is not None and router.name in _ROUTERS:
            path = project.value(outer, call.args[0]) if call.args else None
            return not (isinstance(path, str) and "any(" in path)
    return False


# --- checks


def _is_checked(scope: Scope, expr: Expr, sink: Call) -> bool:
    """Whether anything else looks at the value: a condition, or a function that may refuse it."""
    names = {part for part in parts(expr) if isinstance(part, Name) and scope.assigned(part.id)} | (
        {expr} if isinstance(expr, Name) else set()
    )
    watched = [expr, *names]
    for block in scope.blocks:
        if block.test is not None and any(part in watched for part in parts(block.test)):
            return True
    for call in scope.calls:
        if call is sink or call.attr in (*_LOGS, *_READING, *_SAME):
            continue
        given = (*call.args, *(value for _, value in call.keywords))
        if any(part in watched for value in given for part in parts(value)):
            return True
    return False
