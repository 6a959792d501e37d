"""What a decorator of the project puts in the place of the function that it decorates, and under which name."""

from __future__ import annotations

from collections.abc import Sequence

from .model import Attr, Decorator, Expr, Name, Scope
from .names import Names

_KEEPING = frozenset({"functools.wraps", "functools.update_wrapper"})
_NAMES = ("__name__", "__module__", "__wrapped__", "__dict__")


class Inner:
    def __init__(self, names: Names) -> None:
        self._names = names

    def replacement(self, scope: Scope, decorator: Expr) -> Scope | None:
        """The inner function that a decorator, as written in `scope`, returns without the name of the decorated one;
        None where it keeps the name, or where what it returns cannot be told."""
        call = scope.call(decorator)
        target = self._names.resolve(scope, call.func if call is not None else decorator)
        if target is None or target.scope is None or target.instance:
            return None
        returned = self._returned(target.scope)
        if returned is not None and call is not None:
            returned = self._returned(returned)
        return returned

    def named_after(self, outer: Scope, below: Sequence[Decorator]) -> Scope | None:
        """The function that a task is named after where the decorators `below` the task decorator lose the name of its
        own; None where they keep it."""
        found: Scope | None = None
        for decorator in reversed(below):
            replaced = self.replacement(outer, decorator.expr)
            if replaced is None and found is not None and not self._keeps(outer, decorator.expr):
                return None
            found = replaced or found
        return found

    def _returned(self, function: Scope) -> Scope | None:
        """The one function nested in this one that it always returns, as it is."""
        if function.kind != "function" or function.is_async or function.is_generator or len(function.returns) != 1:
            return None
        value = function.returns[0].value
        if not isinstance(value, Name) or function.assigned(value.id):
            return None
        inner = [child for child in function.children if child.name == value.id and child.kind == "function"]
        if len(inner) != 1 or inner[0].decorators or self._is_renamed(function, value):
            return None
        return inner[0]

    def _is_renamed(self, function: Scope, inner: Name) -> bool:
        """Whether the function is given a name after all, or to something that may do it."""
        if any(
            isinstance(a.target, Attr) and a.target.base == inner and a.target.attr in _NAMES for a in function.assigns
        ):
            return True
        return any(inner in (*call.args, *(value for _, value in call.keywords)) for call in function.calls)

    def _keeps(self, scope: Scope, decorator: Expr) -> bool:
        """Whether a decorator of the project uses `functools.wraps`, and so hands on the name that it gets."""
        call = scope.call(decorator)
        target = self._names.resolve(scope, call.func if call is not None else decorator)
        if target is None or target.scope is None or target.scope.kind != "function":
            return False
        pending = [target.scope]
        for here in pending:
            pending += [child for child in here.children if child.kind == "function"]
            for used in here.calls:
                found = self._names.resolve(here, used.func)
                if found is not None and found.name in _KEEPING:
                    return True
        return False
