"""Context managers that swallow what is raised in their block."""

from __future__ import annotations

from .handling import Handling
from .knowledge.transactions import CONTEXT_MANAGERS
from .model import Call, Const, Expr, Handler, Name, Scope
from .names import Names

_SUPPRESS = frozenset({"contextlib.suppress"})


class Suppressing:
    def __init__(self, names: Names, handling: Handling) -> None:
        self._names = names
        self._handling = handling

    def types(self, scope: Scope, manager: Expr | None) -> list[str | None]:
        """The exceptions that never leave the block of `with manager`: "BaseException" where all are swallowed, None
        where one cannot be told. Nothing for a manager that lets them through or is not known."""
        call = scope.call(manager)
        if call is None:
            return []
        target = self._names.resolve(scope, call.func)
        if target is None:
            return []
        if target.name in _SUPPRESS:
            return [name for expr in call.args for name in self._handling.classes(scope, expr)]
        if target.scope is None:
            return []
        if target.scope.kind == "class" and not target.instance:
            return ["BaseException"] if self._swallows_all(target.scope) else []
        if target.scope.kind == "function" and self._is_manager(target.scope):
            return self._around_yield(scope, call, target.scope)
        return []

    def _is_manager(self, function: Scope) -> bool:
        outer = function.enclosing
        if outer is None or len(function.decorators) != 1:
            return False
        found = self._names.resolve(outer, function.decorators[0].expr)
        return found is not None and found.name in CONTEXT_MANAGERS

    def _around_yield(self, scope: Scope, call: Call, function: Scope) -> list[str | None]:
        """What the handlers around the one `yield` of a generator swallow."""
        yields = [flow for flow in function.flows if flow.kind == "yield"]
        if len(yields) != 1:
            return []
        found: list[str | None] = []
        for _, block in function.around(yields[0].block):
            for handler in block.handlers:
                if self._ends(function, handler):
                    return found
                found += self._named(scope, call, function, handler)
        return found

    def _ends(self, function: Scope, handler: Handler) -> bool:
        """Whether a handler may raise something."""
        return any(function.inside(raised.block, handler.block) for raised in function.raises) or (
            self._handling.passes_on(function, handler)
        )

    def _named(self, scope: Scope, call: Call, function: Scope, handler: Handler) -> list[str | None]:
        """The classes that a handler names, also by a parameter of the function that makes the manager."""
        if not handler.types:
            return ["BaseException"]
        found: list[str | None] = []
        for expr in handler.types:
            param = function.param(expr.id) if isinstance(expr, Name) else None
            if param is None or not isinstance(expr, Name):
                found += self._handling.types(function, Handler((expr,), None, handler.block, handler.span))
                continue
            position = [p.name for p in function.params].index(param.name)
            given = call.argument(position, param.name)
            if function.assigned(param.name) or call.has_spread or (given is None and param.default is None):
                found.append(None)
            elif given is not None:
                found += self._handling.classes(scope, given)
            elif function.enclosing is not None:
                found += self._handling.classes(function.enclosing, param.default)
        return found

    @staticmethod
    def _swallows_all(manager: Scope) -> bool:
        """Whether the class's `__exit__` returns True whatever comes."""
        leave = next(
            (c for c in manager.children if c.name in ("__exit__", "__aexit__") and c.kind == "function"), None
        )
        if leave is None or leave.raises or len(leave.returns) != 1:
            return False
        return leave.returns[0].value == Const(True) and leave.returns[0].block < 0


__all__ = ["Suppressing"]
