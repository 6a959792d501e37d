"""Who calls a function: the call graph of the project, walked from a function towards its callers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from .model import Attr, Call, Module, Name, Scope, dotted
from .names import Names, Target
from .outlines import Positions, calls_at
from .reading import Derived

_DEPTH = 5
_MOST = 200
"""Scopes looked at from one function at most: what is called from everywhere says little about any one caller."""

_LATER = ("commit", "debounce", "defer", "delay", "later", "background", "thread", "sync_to_async")
"""Parts of the names of decorators that run a function at another time or place than it is called."""

_Key = tuple[str, int]


@dataclass(frozen=True)
class Route:
    """A way that leads to a scope: it is run from `scope` by `calls`, the outermost first, each with the scope it
    stands in. Without calls it is the scope itself."""

    scope: Scope
    calls: tuple[tuple[Scope, Call], ...] = ()


_Words = tuple[dict[str, Positions], dict[str, list[str]]]


@dataclass
class _Tables:
    """What the modules say by word, and by the path of the module."""

    order: list[str]
    calls: dict[str, dict[str, tuple[Module, Positions]]] = field(default_factory=dict)
    aliases: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    asked: dict[str, list[tuple[Scope, Call]]] = field(default_factory=dict)

    def add(self, module: Module, words: _Words) -> None:
        for name, places in words[0].items():
            self.calls.setdefault(name, {})[module.path] = module, places
            self.asked.pop(name, None)
        for name, others in words[1].items():
            self.aliases.setdefault(name, {})[module.path] = others

    def drop(self, path: str, words: _Words) -> None:
        for name in words[0]:
            del self.calls[name][path]
            self.asked.pop(name, None)
        for name in words[1]:
            del self.aliases[name][path]

    def named(self, name: str) -> list[tuple[Scope, Call]]:
        known = self.asked.get(name)
        if known is None:
            found = self.calls.get(name, {})
            known = self.asked[name] = [pair for path in sorted(found) for pair in calls_at(*found[path])]
        return known

    def also(self, name: str) -> set[str]:
        return set().union(*self.aliases.get(name, {}).values())


def words(module: Module) -> _Words:
    """The calls of a module by the last word of what is called, and by the last word of what it imports the other names
    that it gives it."""
    calls: dict[str, Positions] = {}
    aliases: dict[str, set[str]] = {}
    for scope in module.scopes:
        for index, call in enumerate(scope.calls):
            func = call.func
            if isinstance(func, Attr):
                calls.setdefault(func.attr, []).append((scope.index, index))
            elif isinstance(func, Name):
                calls.setdefault(func.id, []).append((scope.index, index))
        for imported in scope.imports:
            last = imported.target.rpartition(".")[2]
            if imported.name not in (last, "*"):
                aliases.setdefault(last, set()).add(imported.name)
    return calls, {last: sorted(names) for last, names in aliases.items()}


class Calls:
    """The calls in `modules`, by the functions they run. A function that is handed on as a value is not called."""

    def __init__(self, names: Names, modules: Callable[[], Iterable[Module]], derived: Derived) -> None:
        self._names = names
        self._modules = modules
        self._derived = derived
        self._callers: dict[_Key, tuple[tuple[Scope, Call], ...]] = {}
        self._words: dict[str, tuple[Module, _Words]] = {}
        self._tables: _Tables | None = None

    def follow(self, other: Calls) -> None:
        """Take over what another one has gathered of modules that are still the same."""
        self._words, self._tables = other._words, other._tables

    @cached_property
    def _gathered(self) -> _Tables:
        """All calls by the last word of what is called, as written, and the other words under which a name is imported
        anywhere; both with the modules, in their order."""
        modules = {module.path: module for module in self._modules()}
        tables = self._tables
        if tables is None or tables.order != list(modules):
            tables = _Tables(list(modules))
            old: dict[str, tuple[Module, _Words]] = {}
        else:
            old = self._words
        for path, module in modules.items():
            known = old.get(path)
            if known is not None and known[0] is module:
                continue
            if known is not None:
                tables.drop(path, known[1])
            said = self._derived(words, module)
            tables.add(module, said)
            self._words[path] = (module, said)
        self._tables = tables
        return tables

    def named(self, name: str) -> list[tuple[Scope, Call]]:
        """The calls of something of that name, as written, whatever it may be."""
        return self._gathered.named(name)

    def callers(self, function: Scope) -> tuple[tuple[Scope, Call], ...]:
        """The calls that run a function or method of the project, each with the scope it stands in."""
        key = (function.module.path, function.index)
        known = self._callers.get(key)
        if known is None:
            known = self._callers[key] = tuple(self._find(function))
        return known

    def _find(self, function: Scope) -> Iterator[tuple[Scope, Call]]:
        if function.kind != "function" or self.deferred(function):
            return
        owner = function.enclosing
        if owner is not None and owner.kind != "class":
            owner = None
        last = owner.name if owner is not None and function.name == "__init__" else function.name
        for name in sorted({last, *self._gathered.also(last)}):
            for scope, call in self._gathered.named(name):
                if self._runs(scope, call, function, owner):
                    yield scope, call

    def deferred(self, function: Scope) -> bool:
        """Whether a decorator runs the function later than it is called."""
        outer = function.enclosing
        for decorator in function.decorators if outer is not None else ():
            assert outer is not None
            call = outer.call(decorator.expr)
            expr = call.func if call is not None else decorator.expr
            if any(part in (dotted(expr) or "").rpartition(".")[2].lower() for part in _LATER):
                return True
            found = self._names.resolve(outer, expr)
            if found is not None and found.scope is not None and found.scope.kind == "function":
                if any(c.attr == "on_commit" for inner in _within(found.scope) for c in inner.calls):
                    return True
        return False

    def _runs(self, scope: Scope, call: Call, function: Scope, owner: Scope | None) -> bool:
        found = self._names.resolve(scope, call.func)
        if found is not None and not found.instance:
            if found.scope is function:
                return True
            if found.scope is owner is not None and function.name == "__init__":
                return True
        return owner is not None and self._overridden(scope, call, owner)

    def _overridden(self, scope: Scope, call: Call, owner: Scope) -> bool:
        """Whether a base class calls the method of the same name on itself, in a method that the owner inherits."""
        method = scope
        while method.enclosing is not None and method.enclosing.kind == "function":
            method = method.enclosing
        cls = method.enclosing
        if cls is None or cls.kind != "class" or cls is owner or not method.params:
            return False
        if not isinstance(call.func, Attr) or call.func.base != Name(method.params[0].name):
            return False
        if not any(a is not None and a.scope is cls for a in self._names.ancestors(owner)):
            return False
        inherited = self._names.attribute(Target(f"{owner.name}()", scope=owner, instance=True), method.name)
        return inherited is not None and inherited.scope is method

    def routes(self, scope: Scope) -> Iterator[Route]:
        """The ways that lead to a scope, the shortest first, beginning with the scope itself. Each scope on the way is
        come to once."""
        seen: set[_Key] = set()
        queue = deque([Route(scope)])
        while queue and len(seen) < _MOST:
            here = queue.popleft()
            key = (here.scope.module.path, here.scope.index)
            if key in seen:
                continue
            seen.add(key)
            yield here
            if len(here.calls) < _DEPTH:
                for caller, call in self.callers(here.scope):
                    queue.append(Route(caller, ((caller, call), *here.calls)))


def _within(scope: Scope) -> Iterator[Scope]:
    """A scope and all that is nested in it."""
    yield scope
    for child in scope.children:
        yield from _within(child)
