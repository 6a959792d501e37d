"""Calls that send a task, or build a signature of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .model import Attr, Call, Dict, Expr, Items, Scope, Star, Task
from .names import Names

SEND = frozenset({"delay", "apply_async", "delay_on_commit", "apply_async_on_commit"})
SIGNATURE = frozenset({"s", "si", "signature", "subtask"})
PLAIN = frozenset({"delay", "delay_on_commit", "s", "si"})
"""Methods whose arguments are the task's own."""
BY_NAME = frozenset({"send_task"})
_SIGNATURE_FUNCTIONS = frozenset(
    {"celery.signature", "celery.canvas.signature", "celery.subtask", "celery.canvas.subtask"}
)


@dataclass(frozen=True)
class Dispatch:
    """A call that sends a task or builds its signature.

    `method` is the attribute called, "signature" for `celery.signature("name")`. `name` is the task's registered name
    where it can be told. `args` and `kwargs` are what the task gets, None where they cannot be told apart from
    options or are computed; both stand in `scope`. `options` are the execution options given. `sends` tells a
    dispatch from a signature that is only built.
    """

    method: str
    task: Task | None
    name: str | None
    scope: Scope
    args: tuple[Expr, ...] | None
    kwargs: tuple[tuple[str, Expr], ...] | None
    options: dict[str, Expr]
    sends: bool


class Dispatches:
    def __init__(self, names: Names, task: Callable[[Scope, Expr], Task | None]) -> None:
        self._names = names
        self._task = task

    def of(self, scope: Scope, call: Call) -> Dispatch | None:
        """What a call sends or builds, None where it is no such call."""
        if not isinstance(call.func, Attr):
            target = self._names.resolve(scope, call.func)
            if target is not None and target.name in _SIGNATURE_FUNCTIONS:
                return self._by_name(scope, call, "signature", sends=False)
            return None
        method = call.func.attr
        if method in BY_NAME:
            return self._by_name(scope, call, method, sends=True)
        if method not in SEND and method not in SIGNATURE and method != "apply":
            target = self._names.resolve(scope, call.func) if method == "signature" else None
            if target is not None and target.name in _SIGNATURE_FUNCTIONS:
                return self._by_name(scope, call, "signature", sends=False)
            return None
        task = self._task(scope, call.func.base)
        if task is None:
            inner = self._signature(scope, call.func.base)
            if inner is not None and method in SEND:
                options = {**inner.options, **self._options(call, ("args", "kwargs"))}
                return Dispatch(method, inner.task, inner.name, scope, inner.args, inner.kwargs, options, True)
            if method not in SEND:
                return None
            return self._arguments(scope, call, method, None)
        return self._arguments(scope, call, method, task)

    def _signature(self, scope: Scope, expr: Expr) -> Dispatch | None:
        """The signature that an expression is, also behind `.set(...)` and a local variable."""
        call = scope.call(expr)
        if call is None:
            target = self._names.resolve(scope, expr)
            if target is not None and target.value is not None and target.value[0] is scope:
                call = scope.call(target.value[1])
        if call is None:
            return None
        if isinstance(call.func, Attr) and call.func.attr == "set":
            inner = self._signature(scope, call.func.base)
            if inner is None:
                return None
            options = {**inner.options, **self._options(call, ())}
            return Dispatch(inner.method, inner.task, inner.name, scope, inner.args, inner.kwargs, options, False)
        found = self.of(scope, call)
        return found if found is not None and not found.sends else None

    @staticmethod
    def _options(call: Call, leave: tuple[str, ...]) -> dict[str, Expr]:
        return {k: v for k, v in call.keywords if k is not None and k not in leave}

    def _arguments(self, scope: Scope, call: Call, method: str, task: Task | None) -> Dispatch:
        name = (task.name or None) if task is not None else None
        sends = method in SEND or method == "apply"
        if method in PLAIN:
            args = None if any(isinstance(a, Star) for a in call.args) else call.args
            spread = any(k is None for k, _ in call.keywords)
            kwargs = None if spread else tuple((k, v) for k, v in call.keywords if k is not None)
            return Dispatch(method, task, name, scope, args, kwargs, {}, sends)
        return Dispatch(
            method, task, name, scope, self._sequence(call.argument(0, "args")), self._mapping(call.argument(1,
            "kwargs")), self._options(call, ("args", "kwargs")), sends,
        )  # fmt: skip

    def _by_name(self, scope: Scope, call: Call, method: str, sends: bool) -> Dispatch:
        value = self._names.value(scope, call.argument(0, "name"))
        return Dispatch(
            method, None, value if isinstance(value, str) else None, scope, self._sequence(call.argument(1, "args")),
            self._mapping(call.argument(2, "kwargs")), self._options(call, ("name", "args", "kwargs")), sends,
        )  # fmt: skip

    @staticmethod
    def _sequence(expr: Expr | None) -> tuple[Expr, ...] | None:
        if expr is None:
            return ()
        if isinstance(expr, Items) and not any(isinstance(i, Star) for i in expr.items):
            return expr.items
        return None

    @staticmethod
    def _mapping(expr: Expr | None) -> tuple[tuple[str, Expr], ...] | None:
        from .model import Const

        if expr is None:
            return ()
        if isinstance(expr, Dict) and all(isinstance(k, Const) and isinstance(k.value, str) for k, _ in expr.items):
            return tuple((str(k.value), v) for k, v in expr.items if isinstance(k, Const))
        return None
