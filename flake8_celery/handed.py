"""Tasks that are handed to objects, which keep and use them: `Handler(self).task.retry()`."""

from __future__ import annotations

from collections.abc import Callable

from .calls import Calls
from .model import Attr, Expr, Name, Scope, Task


class Handed:
    def __init__(self, calls: Calls, task: Callable[[Scope, Expr], Task | None]) -> None:
        self._calls = calls
        self._task = task

    def task(self, scope: Scope, expr: Expr) -> Task | None:
        """The task that `self.task` is, where all that make such objects are known to give them the same one."""
        if not isinstance(expr, Attr) or not isinstance(expr.base, Name):
            return None
        cls = _class_of(scope, expr.base.id)
        making = next((c for c in cls.children if c.name == "__init__"), None) if cls is not None else None
        if cls is None or making is None:
            return None
        param = _kept(cls, making, expr.attr)
        if param is None:
            return None
        position = [p.name for p in making.params].index(param) - 1
        given = [(caller, call.argument(position, param)) for caller, call in self._calls.callers(making)]
        found = [self._task(caller, value) if value is not None else None for caller, value in given]
        return found[0] if found and all(task is found[0] for task in found) else None


def _class_of(scope: Scope, name: str) -> Scope | None:
    """The class whose object a name is: the first parameter of the method around."""
    here: Scope | None = scope
    while here is not None and here.kind in ("function", "lambda"):
        if here.assigned(name):
            return None
        if here.param(name) is not None:
            outer = here.enclosing
            own = outer is not None and outer.kind == "class" and here.params[0].name == name and not here.decorators
            return outer if own else None
        here = here.enclosing
    return None


def _kept(cls: Scope, making: Scope, attr: str) -> str | None:
    """The parameter of `__init__` that the attribute keeps, where nothing else is assigned to it."""
    values = [
        (method, assign.value)
        for method in cls.children
        if method.kind == "function" and method.params
        for assign in method.assigns
        if assign.target == Attr(Name(method.params[0].name), attr)
    ]
    if len(values) != 1 or values[0][0] is not making:
        return None
    value = values[0][1]
    if not isinstance(value, Name) or making.param(value.id) is None or making.assigned(value.id):
        return None
    return value.id
