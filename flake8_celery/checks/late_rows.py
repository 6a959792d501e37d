"""Rows that are written after the message which tells a task to read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import Attr, Call, CallRef, Expr, Finding, Module, Name, Scope, Task, dotted
from ..rule import rule
from .places import name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

_SENDS = frozenset({"delay", "apply_async"})
_IDS = frozenset({"id", "pk", "uuid"})
_RESULT_IDS = frozenset({"id", "task_id"})
_CREATING = frozenset({"create", "acreate", "insert"})
_READING = frozenset(
    {"get", "aget", "filter", "filter_by", "first", "get_object_or_404", "select_for_update", "exclude"}
)
_MANAGERS = frozenset({"objects", "_default_manager", "query"})


@rule("CEL542")
def row_after_message(module: Module, project: Project) -> Iterator[Finding]:
    """Tasks that are sent the id of a row before the function writes it, or that look for a row by their own id."""
    for scope, call in project.called(module, _SENDS):
        dispatch = project.dispatch(scope, call)
        if dispatch is None or not dispatch.sends or dispatch.args is None or dispatch.options:
            continue
        given = [*dispatch.args, *(value for _, value in dispatch.kwargs or ())]
        what = _unsaved(project, scope, call, given) or _created(scope, call, given)
        if not what and dispatch.task is not None:
            what = _noted(project, scope, call, scope.calls.index(call), dispatch.task)
        if what:
            who = name(dispatch.task) if dispatch.task is not None else f"`{dispatch.name}`"
            yield Finding(
                call.span,
                f"{who} is sent before {what}: a worker that is quick does not find the row",
            )


def _after(scope: Scope, call: Call) -> Iterator[Call]:
    """The calls that surely run after one in the same run of the scope."""
    around = {-1, *(index for index, _ in scope.around(call.block))}
    here = (call.span.end_line, call.span.end_column)
    leaving = [(r.span, r.block) for r in scope.returns] + [(r.span, r.block) for r in scope.raises]
    ends = [(s.line, s.column) for s, block in leaving if block in around and (s.line, s.column) > here]
    for other in scope.calls:
        place = (other.span.line, other.span.column)
        if other.block in around and place > here and all(place < end for end in ends):
            yield other


def _before(scope: Scope, call: Call) -> Iterator[Call]:
    here = (call.span.line, call.span.column)
    return (other for other in scope.calls if (other.span.line, other.span.column) < here)


def _unsaved(project: Project, scope: Scope, call: Call, given: list[Expr]) -> str:
    """`row = Row(...)`, `task.delay(row.id)`, `row.save()`."""
    for expr in given:
        if not isinstance(expr, Attr) or expr.attr not in _IDS or not isinstance(expr.base, Name):
            continue
        row = expr.base
        bound = scope.assigned(row.id)
        made = scope.call(bound[0].value) if len(bound) == 1 else None
        cls = project.function(scope, made.func) if made is not None else None
        if cls is None or cls.kind != "class" or not _is_model(project, cls):
            continue
        if any(_touches(other, row) for other in _before(scope, call)):
            continue
        if any(
            isinstance(c.func, Attr) and c.func.base == row and c.attr in ("save", "asave") for c in _after(scope, call)
        ):
            return f"`{row.id}.save()`"
    return ""


def _touches(call: Call, row: Name) -> bool:
    """Whether a call may have saved the row."""
    if isinstance(call.func, Attr) and call.func.base == row:
        return True
    return row in (*call.args, *(value for _, value in call.keywords))


def _is_model(project: Project, cls: Scope) -> bool:
    return any(base is not None and base.name == "django.db.models.Model" for base in project.names.ancestors(cls))


def _created(scope: Scope, call: Call, given: list[Expr]) -> str:
    """`task.delay(key)`, `Row.objects.create(id=key)`."""
    keys = [expr for expr in given if isinstance(expr, Name) and scope.assigned(expr.id)]
    for other in _after(scope, call) if keys else ():
        if other.attr in _CREATING and _is_manager(other) and any(k in _IDS and v in keys for k, v in other.keywords):
            return f"`{dotted(other.func)}()`"
    return ""


def _is_manager(call: Call) -> bool:
    base = call.func.base if isinstance(call.func, Attr) else None
    return isinstance(base, Attr) and base.attr in _MANAGERS


def _noted(project: Project, scope: Scope, call: Call, index: int, task: Task) -> str:
    """`result = task.delay()`, `Row.objects.create(task_id=result.id)`, where the task looks for its own id."""
    results = {a.target for a in scope.assigns if a.value == CallRef(index) and isinstance(a.target, Name)}
    ids = [Attr(target, key) for target in results for key in _RESULT_IDS]
    if not ids:
        return ""
    for other in _after(scope, call):
        passed = [(key, value) for key, value in other.keywords if value in ids]
        if passed and other.attr in _CREATING and _is_manager(other):
            model = _model(project, scope, other)
            if model and model in _read_by_own_id(project, task):
                return f"`{dotted(other.func)}()`, which it looks for by its own id"
        function = project.function(scope, other.func) if passed or any(a in ids for a in other.args) else None
        if function is not None and function.kind == "function":
            for inner in function.calls:
                if inner.attr in _CREATING and _is_manager(inner) and inner.block < 0:
                    params = {Name(p.name) for p in function.params}
                    model = _model(project, function, inner)
                    if model in _read_by_own_id(project, task) and any(v in params for _, v in inner.keywords):
                        return f"`{dotted(other.func)}()` writes the row that it looks for by its own id"
    return ""


def _model(project: Project, scope: Scope, call: Call) -> str:
    """The name of the model whose manager is called."""
    base = call.func.base if isinstance(call.func, Attr) else None
    return (project.name(scope, base.base) or "") if isinstance(base, Attr) else ""


def _read_by_own_id(project: Project, task: Task) -> frozenset[str]:
    """The models of which a task fetches a row by the id of its own message."""
    own = task.function.params[0].name if task.bound and task.function.params else ""
    key = Attr(Attr(Name(own), "request"), "id")
    found = set()
    for call in task.function.calls if own else ():
        given = (*call.args, *(value for _, value in call.keywords))
        if call.attr in _READING and key in given and _is_manager(call):
            found.add(_model(project, task.function, call))
    return frozenset(found - {""})
