"""Tasks that are defined when a function runs, and whether workers run that function."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .discovered import may_load
from .model import Call, Const, Expr, Name, Op, Scope, Task, dotted

if TYPE_CHECKING:
    from .project import Project

_SETTING_UP = re.compile(
    r"^_?(?:add|attach|bind|boot|build|configure|connect|create|declare|define|get_celery|init|install|load|make|new|on|"
    r"ready|register|set_?up|setup|start)(?:_|$)|^__init__$|factory|celery|decorator"
)
"""Names of functions that are called once, at start."""
_STARTING = frozenset({"worker_main", "Worker", "WorkController", "start"})


def function_around(task: Task) -> Scope | None:
    """The function in which the task is defined, None for one at the level of a module or class."""
    here = (task.cls or task.function).enclosing
    while here is not None and here.kind == "class":
        here = here.enclosing
    return here if here is not None and here.kind == "function" else None


def may_be_registered(project: Project, task: Task) -> bool:
    """Whether a worker may know the task: not where it is defined in a function that is called later, elsewhere."""
    outer = function_around(task)
    return outer is None or bool(task.wrappers) or _is_run_at_start(project, outer)


def _is_run_at_start(project: Project, function: Scope) -> bool:
    """Whether the function, or one it is nested in, may run when modules are imported."""
    here: Scope | None = function
    while here is not None and here.kind != "module":
        if here.kind == "function" and (_SETTING_UP.search(here.name) or _is_receiver(here)):
            return True
        if here.name == "main" and not _is_run_as_script(project, here):
            return True
        here = here.enclosing
    for route in project.calls.routes(function):
        if route.scope.kind in ("module", "class") and not (route.calls and is_in_script(*route.calls[0])):
            # a script beside the program calls what it likes
            if may_load(project, route.scope.module.path):
                return True
    return _decorates(project, function)


def is_in_script(scope: Scope, call: Call) -> bool:
    """Whether a call stands under `if __name__ == "__main__"`, so that workers do not come to it."""
    return any(block.kind == "if" and is_main(block.test) for _, block in scope.around(call.block))


def is_main(test: Expr | None) -> bool:
    """Whether a condition is `__name__ == "__main__"`."""
    return (
        isinstance(test, Op) and test.operator == "==" and set(test.operands) == {Name("__name__"), Const("__main__")}
    )


def _is_run_as_script(project: Project, function: Scope) -> bool:
    """Whether a function is only called where its module is run as a script, which starts no worker itself."""
    callers = project.callers(function)
    pending = [function]
    for scope in pending:
        if any(call.attr in _STARTING for call in scope.calls):
            return False
        pending += scope.children
    return bool(callers) and all(scope.kind == "module" and is_in_script(scope, call) for scope, call in callers)


def _is_receiver(function: Scope) -> bool:
    """Whether a signal calls the function."""
    outer = function.enclosing
    for decorator in function.decorators:
        call = outer.call(decorator.expr) if outer is not None else None
        made_by = dotted(call.func if call is not None else decorator.expr) or ""
        if made_by.endswith(("connect", "receiver")):
            return True
    return False


def _decorates(project: Project, function: Scope) -> bool:
    """Whether something is decorated with the function."""
    for module in project.modules:
        for scope in module.scopes:
            for decorator in scope.decorators:
                if _last(decorator.expr) == function.name and scope.enclosing is not None:
                    if project.function(scope.enclosing, decorator.expr) is function:
                        return True
    return False


def _last(expr: Expr) -> str:
    return (dotted(expr) or "").rpartition(".")[2]
