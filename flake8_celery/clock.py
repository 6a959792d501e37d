"""Which expressions are times without a time zone, and which clock they are read from."""

from __future__ import annotations

from collections.abc import Callable

from .model import Attr, Call, CallRef, Choice, Const, Expr, Module, Name, Op, Scope
from .names import Names

_LOCAL = frozenset({"datetime.datetime.now", "datetime.datetime.fromtimestamp", "datetime.datetime.today"})
_ZONE = {"datetime.datetime.now": 0, "datetime.datetime.fromtimestamp": 1, "datetime.datetime": 7}
"""Where these take a time zone, by position."""
_TIMES = frozenset({"datetime.time.min", "datetime.time.max"})
_UTC = frozenset({"UTC", "Etc/UTC", "GMT", "Etc/GMT", "Universal", "Zulu"})
_DEPTH = 12


class Clock:
    """`settings` gives Django's settings modules."""

    def __init__(self, names: Names, settings: Callable[[], list[Module]]) -> None:
        self._names = names
        self._settings = settings
        self._open: set[tuple[str, int, str]] = set()

    @property
    def is_utc(self) -> bool:
        """Whether Django sets the clock of all processes to UTC: it puts `TIME_ZONE` into the environment at start."""
        found = [
            self._names.value(module.body, assign.value)
            for module in self._settings()
            for assign in module.body.assigned("TIME_ZONE")
        ]
        return bool(found) and all(isinstance(zone, str) and zone in _UTC for zone in found)

    def naive(self, scope: Scope, expr: Expr | None, depth: int = 0) -> str | None:
        """What gives a time of the local clock without a time zone, as it is written ("datetime.now()"); None for times
        with one, for UTC without one, and where that cannot be told."""
        if depth > _DEPTH:
            return None
        match expr:
            case CallRef(index=index):
                return self._called(scope, scope.calls[index], depth)
            case Op(operator="+" | "-" as operator, operands=(left, right)):
                first = self.naive(scope, left, depth + 1)
                if operator == "+":
                    return first or self.naive(scope, right, depth + 1)
                return first if self.naive(scope, right, depth + 1) is None else None
            case Choice(body=body, orelse=orelse):
                found = self.naive(scope, body, depth + 1), self.naive(scope, orelse, depth + 1)
                return found[0] if None not in found else None
            case Name(id=name):
                return self._variable(scope, name, depth)
        return None

    def _variable(self, scope: Scope, name: str, depth: int) -> str | None:
        """A variable of the function itself, all of whose values are naive."""
        key = (scope.module.path, scope.index, name)
        bound = [a for a in scope.assigned(name) if a.operator not in ("+=", "-=")]
        if scope.param(name) is not None or not bound or key in self._open:
            return None
        self._open.add(key)
        try:
            found = []
            for assign in bound:
                if assign.operator not in ("=", ":="):
                    return None
                # `eta = eta.replace(hour=3)` is decided by the other bindings
                if not self._goes_on(scope, assign.value, name):
                    found.append(self.naive(scope, assign.value, depth + 1))
        finally:
            self._open.discard(key)
        return found[0] if found and None not in found else None

    def _goes_on(self, scope: Scope, expr: Expr, name: str) -> bool:
        """Whether a value is the variable's own, moved or rounded."""
        match expr:
            case Name():
                return expr.id == name
            case Op(operator="+" | "-", operands=(left, _)):
                return self._goes_on(scope, left, name)
        call = scope.call(expr)
        return (
            call is not None
            and isinstance(call.func, Attr)
            and call.attr == "replace"
            and call.keyword("tzinfo") is None
            and not call.has_spread
            and self._goes_on(scope, call.func.base, name)
        )

    def _called(self, scope: Scope, call: Call, depth: int) -> str | None:
        if call.has_spread or not isinstance(call.func, Name | Attr):
            return None
        if isinstance(call.func, Attr) and call.attr == "replace":
            kept = call.keyword("tzinfo") is None and len(call.args) < _ZONE["datetime.datetime"] + 1
            return self.naive(scope, call.func.base, depth + 1) if kept else None
        target = self._names.resolve(scope, call.func)
        if target is None:
            return None
        if target.scope is not None and not target.instance:
            return self._returned(target.scope, depth)
        name = target.name
        if name in _LOCAL or name == "datetime.datetime":
            position = _ZONE.get(name, 0)
            zone = call.argument(position, "tzinfo" if name == "datetime.datetime" else "tz")
            return _written(call) if zone in (None, Const(None)) else None
        if name == "datetime.datetime.strptime":
            shape = self._names.value(scope, call.argument(1, "format"))
            return _written(call) if isinstance(shape, str) and "%z" not in shape else None
        if name == "datetime.datetime.combine" and len(call.args) == 2 and not call.keywords:
            return _written(call) if self._is_naive_time(scope, call.args[1]) else None
        return None

    def _is_naive_time(self, scope: Scope, expr: Expr) -> bool:
        call = scope.call(expr)
        found = self._names.resolve(scope, call.func if call is not None else expr)
        if found is None:
            return False
        if call is None:
            return found.name in _TIMES
        plain = call.keyword("tzinfo") is None and not call.has_spread and len(call.args) < 5
        return plain and found.name in ("datetime.time", "datetime.datetime.min.time", "datetime.datetime.max.time")

    def _returned(self, function: Scope, depth: int) -> str | None:
        """What a function of the project returns that has one `return`."""
        if function.kind != "function" or len(function.returns) != 1 or function.is_generator or function.is_async:
            return None
        return self.naive(function, function.returns[0].value, depth + 1)


def _written(call: Call) -> str:
    parts = [call.func.attr] if isinstance(call.func, Attr) else [call.func.id] if isinstance(call.func, Name) else []
    if isinstance(call.func, Attr):
        base = call.func.base
        parts.insert(0, base.attr if isinstance(base, Attr) else base.id if isinstance(base, Name) else "datetime")
    return f"{'.'.join(parts)}({'...' if call.args or call.keywords else ''})"
