"""Calls that certainly send something to the broker at once, and the results they give."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .canvas import Canvas
from .dispatch import BY_NAME, Dispatch
from .frozen import dataclass
from .model import (
    Assign,
    Attr,
    Await,
    Call,
    CallRef,
    Comp,
    Const,
    Dict,
    Expr,
    Items,
    Name,
    Op,
    Opaque,
    Scope,
    Span,
    Sub,
    Task,
    dotted,
)
from .names import Names, Target
from .reading import CUT

_NOW = frozenset({"delay", "apply_async"})
_RESULTS = frozenset(
    {
        "celery.result.AsyncResult()",
        "celery.result.GroupResult()",
        "celery.result.ResultSet()",
        "celery.result.GroupResult.restore()",
    }
)
_MAKING_RESULTS = frozenset({"AsyncResult", "GroupResult", "ResultSet"})
_APP_NAMES = frozenset({"app", "celery", "celery_app", "celeryapp", "current_app"})
UNPACKED = Opaque("unpack")
_PAIR = 2
_COPYING = frozenset({"list", "tuple", "set", "sorted", "reversed", "iter"})
_FILLING = frozenset({"append", "extend", "insert", "setdefault", "update"})
_KINDS = {"chain": "the chain", "group": "the group", "chord": "the chord"}


@dataclass(frozen=True)
class Sent:
    """Something that a call sends: `what` names it in messages, `task` is the task where it is one that is known."""

    what: str
    task: Task | None = None
    dispatch: Dispatch | None = None


@dataclass(frozen=True)
class Result:
    """An `AsyncResult` or the like: `sent` is what it is the result of, where the code shows it. `eager` results come
    from `.apply()` and are there already."""

    sent: Sent | None = None
    eager: bool = False


class Sends:
    def __init__(
        self,
        names: Names,
        dispatch: Callable[[Scope, Call], Dispatch | None],
        canvas: Callable[[Scope, Expr, Span], Canvas],
        is_app: Callable[[Target | None], bool],
        task: Callable[[Scope, Expr], Task | None],
    ) -> None:
        self._names = names
        self._dispatch = dispatch
        self._canvas = canvas
        self._is_app = is_app
        self._task = task
        self._known: dict[tuple[str, int, str], tuple[Result | None, int]] = {}

    def of(self, scope: Scope, call: Call) -> Sent | None:
        """What a call sends at once; None for what waits for a commit, runs in place, or cannot be told."""
        func = call.func
        if isinstance(func, CallRef | Op):
            return self._signature(scope, func, call.span)
        if isinstance(func, Name):
            # `workflow = chain(...)`, then `workflow()`
            return self._signature(scope, func, call.span) if len(scope.assigned(func.id)) == 1 else None
        if not isinstance(func, Attr):
            return None
        if func.attr in BY_NAME:
            return self._by_name(scope, call, func)
        if func.attr not in _NOW:
            return None
        sent = self._dispatch(scope, call)
        if sent is not None and sent.task is not None:
            return Sent(_named(sent.task), sent.task, sent)
        if sent is not None and sent.name is not None:
            return Sent(f"`{sent.name}`", None, sent)
        found = self._signature(scope, func.base, call.span)
        if found is not None:
            return found
        target = self._names.resolve(scope, func.base)
        if target is not None and target.scope is None and ".tasks." in f".{target.name}." and "(" not in target.name:
            return Sent(f"`{target.name.rpartition('.')[2]}`", None, sent)
        return None

    def _signature(self, scope: Scope, expr: Expr, at: Span) -> Sent | None:
        canvas = self._canvas(scope, expr, at)
        if not canvas.is_signature:
            return None
        if canvas.kind in _KINDS:
            return Sent(_KINDS[canvas.kind])
        if canvas.task is not None:
            return Sent(_named(canvas.task), canvas.task)
        name = canvas.sent.name if canvas.sent is not None else None
        return Sent(f"`{name}`" if name else "the signature", None, canvas.sent)

    def _by_name(self, scope: Scope, call: Call, func: Attr) -> Sent | None:
        last = (dotted(func.base) or "").rpartition(".")[2].lower()
        if last not in _APP_NAMES and not self._is_app(self._names.resolve(scope, func.base)):
            return None
        sent = self._dispatch(scope, call)
        return Sent(f"`{sent.name}`" if sent is not None and sent.name else "a task", None, sent)

    # --- results

    def result(self, scope: Scope, expr: Expr | None) -> Result | None:
        """What an expression is as the result of a task, None where it is none or that cannot be told."""
        match expr:
            case Await():
                return self.result(scope, expr.value)
            case CallRef():
                return self._made(scope, scope.calls[expr.index])
            case Name():
                return self._once(scope, expr.id, lambda: self._variable(scope, expr))
            case Sub(base=base):
                return self._value(scope, base) or self._element(scope, base)
        return None

    def _once(self, scope: Scope, name: str, find: Callable[[], Result | None]) -> Result | None:
        """What is found for a name in a scope; what is made from itself is nothing."""
        key = (scope.module.path, scope.index, name)
        reads = self._names.reads
        known = self._known.get(key)
        if known is not None:
            reads.now |= known[1]
            return known[0]
        self._known[key] = (None, CUT)
        outer, reads.now = reads.now, reads.bit(key[0])
        try:
            found = find()
        finally:
            read = reads.now
            reads.now |= outer
        self._known[key] = (found, read)
        return found

    def _made(self, scope: Scope, call: Call) -> Result | None:
        sent = self.of(scope, call)
        if sent is not None:
            return Result(sent)
        if isinstance(call.func, Attr):
            base = call.func.base
            if call.func.attr == "apply" and (
                self._task(scope, base) is not None or self._canvas(scope, base, call.span).is_signature
            ):
                return Result(None, eager=True)
            if call.func.attr in _MAKING_RESULTS and (
                self._task(scope, base) is not None or self._is_app(self._names.resolve(scope, base))
            ):
                return Result()
        target = self._names.resolve(scope, call.func)
        if target is None:
            return None
        if f"{target.name}()" in _RESULTS:
            return Result()
        function = target.scope
        if function is None or function.kind != "function" or len(function.returns) != 1 or function.is_generator:
            return None
        return self._once(function, "()", lambda: self.result(function, function.returns[0].value))

    def _variable(self, scope: Scope, name: Name) -> Result | None:
        """A local variable, also one that runs over a list of results."""
        here: Scope | None = scope
        while here is not None and here.param(name.id) is None:
            bound = [a for a in here.assigned(name.id) if a.operator != "del" and a.value != Const(None)]
            if bound:
                return self._agreed(self._bound(here, assign) for assign in bound)
            here = here.enclosing
        return None

    def _bound(self, scope: Scope, assign: Assign) -> Result | None:
        if assign.operator in ("=", ":="):
            return self.result(scope, assign.value)
        if assign.operator != "for":
            return None
        return self._unpacked(scope, assign) if assign.value == UNPACKED else self._element(scope, assign.value)

    def _unpacked(self, scope: Scope, assign: Assign) -> Result | None:
        """One of the two names in `for key, result in results.items()` and the like."""
        names = [a.target for a in scope.assigns if a.operator == "for" and a.block == assign.block]
        iterated = self._copied(scope, scope.blocks[assign.block].test) if assign.block >= 0 else None
        call = scope.call(iterated)
        if call is None or len(names) != _PAIR or call.has_spread:
            return None
        position = names.index(assign.target)
        if call.attr == "items" and isinstance(call.func, Attr):
            return self._value(scope, call.func.base) if position else None
        found = self._names.resolve(scope, call.func)
        if found is not None and found.name == "builtins.enumerate" and call.args:
            return self._element(scope, call.args[0]) if position else None
        if found is not None and found.name == "builtins.zip" and len(call.args) == _PAIR:
            return self._element(scope, call.args[position])
        return None

    @staticmethod
    def _agreed(found: Iterator[Result | None]) -> Result | None:
        """The first of several, where all are results."""
        first = next(found, None)
        return first if first is not None and all(other is not None for other in found) else None

    # --- results in lists and dictionaries

    def _copied(self, scope: Scope, expr: Expr | None) -> Expr | None:
        """What `list(...)`, `sorted(...)` and the like go through."""
        call = scope.call(expr)
        if call is None or len(call.args) != 1 or not isinstance(call.func, Name) or call.func.id not in _COPYING:
            return expr
        found = self._names.resolve(scope, call.func)
        return call.args[0] if found is not None and found.name.startswith("builtins.") else expr

    def _element(self, scope: Scope, expr: Expr) -> Result | None:
        """What the elements of a list of results are."""
        copied = self._copied(scope, expr)
        if copied is not None and copied != expr:
            return self._element(scope, copied)
        match expr:
            case Comp(kind="list" | "set" | "generator"):
                return self.result(scope, expr.element)
            case Items():
                return self._agreed(self.result(scope, item) for item in expr.items)
            case Name():
                return self._once(scope, f"{expr.id}[]", lambda: self._of_list(scope, expr))
            case CallRef():
                call = scope.calls[expr.index]
                if call.attr == "values" and isinstance(call.func, Attr) and not call.args:
                    return self._value(scope, call.func.base)
        return None

    def _of_list(self, scope: Scope, name: Name) -> Result | None:
        """The elements of a list that is made in one place, and filled by `append`."""
        made = self._made_once(scope, name)
        added = [c for c in scope.calls if isinstance(c.func, Attr) and c.func.base == name and c.attr in _FILLING]
        if made is None or isinstance(made, Name) or any(c.attr != "append" or len(c.args) != 1 for c in added):
            return None
        if not added:
            return self._element(scope, made)
        if made != Items("list", ()):
            return None
        return self._agreed(self.result(scope, call.args[0]) for call in added)

    def _value(self, scope: Scope, expr: Expr) -> Result | None:
        """What the values of a dictionary of results are."""
        match expr:
            case Comp(kind="dict", element=Items(items=(_, value))):
                return self.result(scope, value)
            case Dict(items=items):
                return self._agreed(self.result(scope, value) for _, value in items)
            case Name():
                return self._once(scope, f"{expr.id}{{}}", lambda: self._of_dict(scope, expr))
        return None

    def _of_dict(self, scope: Scope, name: Name) -> Result | None:
        """The values of a dictionary that is made in one place, and filled item by item."""
        made = self._made_once(scope, name)
        if not isinstance(made, Dict | Comp) or any(
            isinstance(c.func, Attr) and c.func.base == name and c.attr in _FILLING for c in scope.calls
        ):
            return None
        put = [a for a in scope.assigns if isinstance(a.target, Sub) and a.target.base == name and a.operator != "del"]
        if isinstance(made, Dict) and not made.items:
            return self._agreed(self.result(scope, a.value) if a.operator == "=" else None for a in put)
        return self._value(scope, made) if not put else None

    @staticmethod
    def _made_once(scope: Scope, name: Name) -> Expr | None:
        bound = [a for a in scope.assigned(name.id) if a.operator != "del"]
        if scope.param(name.id) is not None or len(bound) != 1 or bound[0].operator != "=":
            return None
        return bound[0].value


def _named(task: Task) -> str:
    return f"`{task.cls.name if task.cls is not None else task.function.name}`"
