"""Calls that send a task, or build a signature of one."""

from __future__ import annotations

from collections.abc import Callable

from .frozen import dataclass
from .model import Attr, Call, CallRef, Choice, Const, Dict, Expr, Items, Module, Name, Scope, Star, Task
from .names import Names
from .traits import imports

SEND = frozenset({"delay", "apply_async", "delay_on_commit", "apply_async_on_commit"})
SIGNATURE = frozenset({"s", "si", "signature", "subtask"})
PLAIN = frozenset({"delay", "delay_on_commit", "s", "si"})
"""Methods whose arguments are the task's own."""
BY_NAME = frozenset({"send_task"})
_METHODS = SEND | SIGNATURE | BY_NAME | {"apply", "Signature"}
_SIGNATURE_FUNCTIONS = frozenset(
    {
        "celery.signature",
        "celery.canvas.signature",
        "celery.subtask",
        "celery.canvas.subtask",
        "celery.Signature",
        "celery.canvas.Signature",
    }
)
_SIGNATURE_NAMES = frozenset(name.rpartition(".")[2] for name in _SIGNATURE_FUNCTIONS)
_KEEPING = frozenset({"set", "clone", "partial", "on_error"})
"""Methods of a signature that return it, or a copy."""
_NOT_OPTIONS = ("args", "kwargs", "options", "immutable", "app", "type", "subtask_type")


@dataclass(frozen=True)
class Dispatch:
    """A call that sends a task or builds its signature.

    `method` is the attribute called, "signature" for `celery.signature("name")`. `name` is the task's registered name
    where it can be told. `args` and `kwargs` are what the task gets, None where they cannot be told apart from
    options or are computed; both stand in `scope`. `options` are the execution options given. `sends` tells a
    dispatch from a signature that is only built. `immutable` signatures take no further arguments, such as a parent's
    result; None where that cannot be told.
    """

    method: str
    task: Task | None
    name: str | None
    scope: Scope
    args: tuple[Expr, ...] | None
    kwargs: tuple[tuple[str, Expr], ...] | None
    options: dict[str, Expr]
    sends: bool
    immutable: bool | None = False


class Dispatches:
    def __init__(
        self,
        names: Names,
        task: Callable[[Scope, Expr], Task | None],
        is_app: Callable[[Scope, Expr], bool],
        handed: Callable[[Scope, Expr], Task | None],
    ) -> None:
        self._names = names
        self._task = task
        self._handed = handed
        self._is_app = is_app
        self._local_names: dict[str, frozenset[str]] = {}

    def of(self, scope: Scope, call: Call) -> Dispatch | None:
        """What a call sends or builds, None where it is no such call."""
        if not isinstance(call.func, Attr):
            # most calls of plain names are none of these: resolving all of them would read the whole project
            if not isinstance(call.func, Name) or call.func.id not in self.signature_names(scope.module):
                return None
            target = self._names.resolve(scope, call.func)
            if target is not None and target.name in _SIGNATURE_FUNCTIONS:
                return self._by_name(scope, call, "signature", sends=False)
            return None
        method = call.func.attr
        if method in BY_NAME:
            return self._by_name(scope, call, method, sends=True)
        if method not in _METHODS:
            return None
        if method in ("signature", "subtask", "Signature"):
            target = self._names.resolve(scope, call.func)
            if target is not None and target.name in _SIGNATURE_FUNCTIONS:
                return self._by_name(scope, call, "signature", sends=False)
            if method == "Signature":
                return None
        task = self._task(scope, call.func.base)
        if task is None:
            if method in SIGNATURE:
                if method == "signature" and self._is_app(scope, call.func.base):
                    return self._by_name(scope, call, method, sends=False)
                return None
            inner = self.signature(scope, call.func.base)
            if inner is not None:
                return self._completed(inner, scope, call, method)
            if method == "apply":
                return None
        return self._arguments(scope, call, method, task)

    def words(self, module: Module) -> frozenset[str]:
        """The last words of what the calls in a module can call that send or build something."""
        return _METHODS | self.signature_names(module)

    def signature_names(self, module: Module) -> frozenset[str]:
        """The names that a module can have for `celery.signature`."""
        known = self._local_names.get(module.path)
        if known is None:
            found = {name for name, target, _ in imports(module) if target.rpartition(".")[2] in _SIGNATURE_NAMES}
            known = self._local_names[module.path] = frozenset({"Signature", "signature", "subtask", *found})
        return known

    def retry(self, scope: Scope, call: Call) -> Dispatch | None:
        """What `self.retry(...)` sends again. `args` and `kwargs` are None where those of this run are kept."""
        if call.attr != "retry" or not isinstance(call.func, Attr):
            return None
        task = self._task(scope, call.func.base) or self._handed(scope, call.func.base)
        if task is None:
            return None
        args, kwargs = call.argument(0, "args"), call.argument(1, "kwargs")
        given = tuple(None if e == Const(None) or call.has_spread else e for e in (args, kwargs))
        return Dispatch(
            "retry", task, task.name or None, scope,
            self._sequence(scope, given[0]) if given[0] is not None else None,
            self._mapping(scope, given[1]) if given[1] is not None else None,
            self._options(call, ("args", "kwargs")), True,
        )  # fmt: skip

    def signature(self, scope: Scope, expr: Expr) -> Dispatch | None:
        """The signature that an expression is, also behind `.set(...)` and a local variable."""
        call = scope.call(expr)
        if call is None and isinstance(expr, Name):
            call = scope.call(self.bound_once(scope, expr.id))
        if call is None:
            return None
        if isinstance(call.func, Attr) and call.func.attr in _KEEPING:
            inner = self.signature(scope, call.func.base)
            return self._kept(inner, scope, call) if inner is not None else None
        found = self.of(scope, call)
        return found if found is not None and not found.sends else None

    @staticmethod
    def bound_once(scope: Scope, name: str) -> Expr | None:
        """What a local variable was bound to, where that happens once and nothing sets its fields."""
        bound = [a for a in scope.assigned(name) if a.operator != "del"]
        if len(bound) != 1 or bound[0].operator not in ("=", ":=") or scope.param(name) is not None:
            return None
        if any(isinstance(a.target, Attr) and a.target.base == Name(name) for a in scope.assigns):
            return None
        for call in scope.calls:
            if isinstance(call.func, Attr) and call.func.base == Name(name):
                if call.func.attr in ("set_immutable", "update", "__setitem__"):
                    return None
                if call.func.attr == "set" and call.keyword("immutable") is not None:
                    return None
        return bound[0].value

    def _kept(self, inner: Dispatch, scope: Scope, call: Call) -> Dispatch | None:
        """A signature after `.set(...)`, `.clone(...)` or `.on_error(...)`."""
        args, kwargs = inner.args, inner.kwargs
        options = inner.options
        immutable = inner.immutable
        if call.attr == "set":
            options = {**options, **self._options(call, ("immutable",))}
            given = call.argument(0, "immutable")
            if given is not None:
                immutable = self._truth(scope, given)
        elif call.attr in ("clone", "partial"):
            more, named = self._given(scope, call)
            if immutable is None:
                return None
            if not immutable:
                args, kwargs = _joined(more, args), _merged(kwargs, named)
            options = {**options, **self._options(call, ("args", "kwargs"))}
        return Dispatch(inner.method, inner.task, inner.name, scope, args, kwargs, options, False, immutable)

    def _completed(self, inner: Dispatch, scope: Scope, call: Call, method: str) -> Dispatch:
        """A signature that is sent: what it gets here comes before its own arguments."""
        more, named = self._given(scope, call)
        args, kwargs = inner.args, inner.kwargs
        if inner.immutable is None:
            args = kwargs = None
        elif not inner.immutable:
            args, kwargs = _joined(more, args), _merged(kwargs, named)
        given = {} if method in PLAIN else self._options(call, ("args", "kwargs"))
        return Dispatch(method, inner.task, inner.name, scope, args, kwargs, {**inner.options, **given}, True)

    @staticmethod
    def _options(call: Call, leave: tuple[str, ...]) -> dict[str, Expr]:
        return {k: v for k, v in call.keywords if k is not None and k not in leave}

    def _given(self, scope: Scope, call: Call) -> tuple[tuple[Expr, ...] | None, tuple[tuple[str, Expr], ...] | None]:
        """The task's own arguments in a call."""
        if call.attr in PLAIN:
            args = None if any(isinstance(a, Star) for a in call.args) else call.args
            spread = any(k is None for k, _ in call.keywords)
            return args, None if spread else tuple((k, v) for k, v in call.keywords if k is not None)
        if any(isinstance(a, Star) for a in call.args):
            return None, None
        given = {k for k, _ in call.keywords}
        args = self._sequence(scope, call.argument(0, "args"))
        kwargs = self._mapping(scope, call.argument(1, "kwargs"))
        if None in given:
            # `**options` may bring arguments too
            args = args if call.argument(0, "args") is not None else None
            kwargs = kwargs if call.argument(1, "kwargs") is not None else None
        return args, kwargs

    def _arguments(self, scope: Scope, call: Call, method: str, task: Task | None) -> Dispatch:
        name = (task.name or None) if task is not None else None
        sends = method in SEND or method == "apply"
        args, kwargs = self._given(scope, call)
        if method in PLAIN:
            return Dispatch(method, task, name, scope, args, kwargs, {}, sends, method == "si")
        options = self._options(call, ("args", "kwargs") if sends else _NOT_OPTIONS)
        immutable = False if sends else self._immutable(scope, call)
        return Dispatch(method, task, name, scope, args, kwargs, options, sends, immutable)

    def _by_name(self, scope: Scope, call: Call, method: str, sends: bool) -> Dispatch:
        first = call.argument(0, "name" if sends else "task")
        value = self._names.value(scope, first)
        task = None
        if not isinstance(value, str) and first is not None and not sends:
            task = self._task(scope, first)
        name = value if isinstance(value, str) else task.name or None if task is not None else None
        spread = call.has_spread
        return Dispatch(
            method, task, name, scope,
            None if spread else self._sequence(scope, call.argument(1, "args")),
            None if spread else self._mapping(scope, call.argument(2, "kwargs")),
            self._options(call, ("name", "task", *(("args", "kwargs") if sends else _NOT_OPTIONS))), sends,
            False if sends else self._immutable(scope, call),
        )  # fmt: skip

    def _immutable(self, scope: Scope, call: Call) -> bool | None:
        given = call.keyword("immutable")
        return self._truth(scope, given) if given is not None else False

    def _truth(self, scope: Scope, expr: Expr) -> bool | None:
        value = self._names.value(scope, expr)
        return value if isinstance(value, bool) else False if value is None else None

    def _sequence(self, scope: Scope, expr: Expr | None) -> tuple[Expr, ...] | None:
        """The elements of positional arguments."""
        if expr is None or expr == Const(None):
            return ()
        if isinstance(expr, Name):
            bound = self.bound_once(scope, expr.id)
            if isinstance(bound, Items) and bound.kind == "tuple":
                expr = bound
        if isinstance(expr, Items) and expr.kind != "set" and not any(isinstance(i, Star) for i in expr.items):
            return expr.items
        if isinstance(expr, Choice):
            body, orelse = self._sequence(scope, expr.body), self._sequence(scope, expr.orelse)
            return body if body == orelse else None
        return None

    def _mapping(self, scope: Scope, expr: Expr | None) -> tuple[tuple[str, Expr], ...] | None:
        """The names and values of keyword arguments."""
        if expr is None or expr == Const(None):
            return ()
        if isinstance(expr, Dict) and all(isinstance(k, Const) and isinstance(k.value, str) for k, _ in expr.items):
            return tuple((str(k.value), v) for k, v in expr.items if isinstance(k, Const))
        if isinstance(expr, CallRef):
            call = scope.calls[expr.index]
            if call.func == Name("dict") and not call.args and all(k is not None for k, _ in call.keywords):
                return tuple((k, v) for k, v in call.keywords if k is not None)
        return None


def _joined(first: tuple[Expr, ...] | None, then: tuple[Expr, ...] | None) -> tuple[Expr, ...] | None:
    return None if first is None or then is None else (*first, *then)


def _merged(
    under: tuple[tuple[str, Expr], ...] | None, over: tuple[tuple[str, Expr], ...] | None
) -> tuple[tuple[str, Expr], ...] | None:
    return None if under is None or over is None else tuple({**dict(under), **dict(over)}.items())
