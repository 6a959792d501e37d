"""What becomes of an exception inside a function: which handler gets it, and whether it goes on from there."""

from __future__ import annotations

from .frozen import dataclass
from .knowledge.exceptions import ancestors, canonical
from .model import Attr, Expr, Handler, Items, Name, Scope
from .names import Names, Target

_LEAVING = frozenset(
    {"abort", "exit", "_exit", "fail", "reraise", "raise_from", "raise_with_context", "with_traceback"}
)
_SUPPRESS = frozenset({"contextlib.suppress", "suppress"})


@dataclass(frozen=True, slots=True)
class Caught:
    """A handler that gets an exception; `attempt` is the index of its `try` block."""

    handler: Handler
    attempt: int


class Handling:
    def __init__(self, names: Names) -> None:
        self._names = names
        self._ancestors: dict[str, tuple[frozenset[str], bool]] = {}

    def types(self, scope: Scope, handler: Handler) -> list[str | None]:
        """The classes a handler names, "BaseException" where it is bare, None where one cannot be told."""
        if not handler.types:
            return ["BaseException"]
        return [name for expr in handler.types for name in self._classes(scope, expr)]

    def _classes(self, scope: Scope, expr: Expr, depth: int = 0) -> list[str | None]:
        """The classes an expression stands for: one, or those of a tuple that has a name."""
        if isinstance(expr, Items):
            return [name for item in expr.items for name in self._classes(scope, item, depth + 1)]
        found = self._names.resolve(scope, expr)
        if found is not None and found.value is not None and isinstance(found.value[1], Items) and depth < 4:
            return self._classes(*found.value, depth + 1)
        if found is not None and found.name.rpartition(".")[2].isupper() and found.scope is None:
            return [None]  # a constant of another package: which classes are in it?
        if found is not None and found.name and (found.scope is not None or not found.variable):
            self._learn(found)
            return [canonical(found.name)]
        if isinstance(expr, Attr) and expr.attr == "MaxRetriesExceededError":
            return ["celery.exceptions.MaxRetriesExceededError"]
        return [None]

    def _learn(self, found: Target) -> None:
        """Remember what a class of the project derives from."""
        name = canonical(found.name)
        if name in self._ancestors:
            return
        if found.scope is None or found.scope.kind != "class":
            self._ancestors[name] = ancestors(name)
            return
        classes, complete = {name, "BaseException", "Exception"}, True
        for base in self._names.ancestors(found.scope):
            if base is None:
                complete = False
            elif base.scope is not None:
                classes.add(canonical(base.name))
            else:
                more, known = ancestors(base.name)
                classes |= more
                complete = complete and known
        self._ancestors[name] = frozenset(classes), complete

    def classes(self, scope: Scope, expr: Expr | None) -> list[str | None]:
        """The exception classes that an expression names: a class, an instance made of it, or a tuple of classes."""
        call = scope.call(expr)
        if call is not None and call.attr == "retry" and isinstance(call.func, Attr):
            return ["celery.exceptions.Retry"]
        if call is not None and isinstance(call.func, Name | Attr):
            return self._classes(scope, call.func)
        return self._classes(scope, expr) if expr is not None else [None]

    def may_be(self, name: str, error: str) -> bool:
        """Whether an exception of the class `name` may be one of the class `error`."""
        above, complete = self._above(name)
        return error in above or not complete

    def _above(self, name: str) -> tuple[frozenset[str], bool]:
        """The class and what it derives from, and whether these are all."""
        if name not in self._ancestors:
            self._ancestors[name] = ancestors(name)
        return self._ancestors[name]

    def catches(self, scope: Scope, handler: Handler, error: str) -> bool | None:
        """Whether a handler gets an exception of the class `error`; None where that cannot be told."""
        above, complete = self._above(error)
        types = self.types(scope, handler)
        if above.intersection(t for t in types if t is not None):
            return True
        return False if complete and None not in types else None

    def catcher(self, scope: Scope, block: int, error: str) -> Caught | None:
        """The handler of this function that gets an exception of the class `error` raised in `block`; None where it
        leaves the function, or where that cannot be told."""
        for index, around in scope.around(block):
            if around.kind == "with":
                manager = scope.call(around.test)
                if manager is not None:
                    found = self._names.resolve(scope, manager.func)
                    if found is not None and found.name in _SUPPRESS:
                        return None
            for handler in around.handlers:
                caught = self.catches(scope, handler, error)
                if caught:
                    return Caught(handler, index)
                if caught is None:
                    return None
        return None

    def passes_on(self, scope: Scope, handler: Handler) -> bool:
        """Whether a handler may raise the exception it got again, look at its class, or end the process."""
        here = handler.block
        own = Name(handler.name) if handler.name is not None else None
        for raised in scope.raises:
            if not scope.inside(raised.block, here):
                continue
            if raised.value is None or raised.value == own or self.classes(scope, raised.value) == [None]:
                return True
        for call in scope.calls:
            if not scope.inside(call.block, here):
                continue
            if call.attr in _LEAVING or (call.attr in ("isinstance", "issubclass", "type") and own in call.args):
                return True
            found = self._names.resolve(scope, call.func)
            if found is not None and found.scope is not None and not found.instance and found.scope.raises:
                return True
        return any(
            own is not None and handler.name is not None and isinstance(block.test, Name | Attr) and block.test == own
            for index, block in enumerate(scope.blocks)
            if block.kind == "case" and scope.inside(index, here)
        )

    def replaces(self, scope: Scope, handler: Handler) -> bool:
        """Whether a handler always raises something; together with `passes_on`, whether that is another exception."""
        return any(raised.block == handler.block for raised in scope.raises)


__all__ = ["Caught", "Handling"]
