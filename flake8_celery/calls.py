"""Who calls a function: the call graph of the project, walked from a function towards its callers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property

from .model import Attr, Call, Module, Name, Scope, dotted
from .names import Names, Target
from .outlines import Positions, calls_at
from .reading import Derived
from .roles import module_place
from .sought import Sought

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


_Words = tuple[dict[str, Positions], dict[str, list[str]], dict[str, list[str]]]


@dataclass
class _Tables:
    """What the modules say by word, and by the path of the module."""

    order: list[str]
    calls: dict[str, dict[str, tuple[Module, Positions]]] = field(default_factory=dict)
    aliases: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    derived: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    asked: dict[str, list[tuple[Scope, Call]]] = field(default_factory=dict)

    def add(self, module: Module, words: _Words) -> None:
        for name, places in words[0].items():
            self.calls.setdefault(name, {})[module.path] = module, places
            self.asked.pop(name, None)
        for name, others in words[1].items():
            self.aliases.setdefault(name, {})[module.path] = others
        for name, others in words[2].items():
            self.derived.setdefault(name, {})[module.path] = others

    def drop(self, path: str, words: _Words) -> None:
        for name in words[0]:
            del self.calls[name][path]
            self.asked.pop(name, None)
        for name in words[1]:
            del self.aliases[name][path]
        for name in words[2]:
            del self.derived[name][path]

    def named(self, name: str) -> list[tuple[Scope, Call]]:
        known = self.asked.get(name)
        if known is None:
            found = self.calls.get(name, {})
            known = self.asked[name] = [pair for path in sorted(found) for pair in calls_at(*found[path])]
        return known

    def also(self, name: str) -> set[str]:
        return set().union(*self.aliases.get(name, {}).values())

    def deriving(self, path: str, name: str) -> list[tuple[str, str]]:
        """A class of the module at `path`, and those that may derive from it, each with its module's path."""
        found = [(path, name)]
        for _, base in found:
            for other, classes in self.derived.get(base, {}).items():
                found += [(other, cls) for cls in classes if (other, cls) not in found]
        return found


def words(module: Module) -> _Words:
    """The calls of a module by the last word of what is called, the other names that it gives what it imports by the
    last word of that, and the classes that derive from another one by the last word of that."""
    calls: dict[str, Positions] = {}
    aliases: dict[str, set[str]] = {}
    derived: dict[str, list[str]] = {}
    for scope in module.scopes:
        for base in scope.bases if scope.enclosing is module.body else ():
            derived.setdefault((dotted(base) or "").rpartition(".")[2], []).append(scope.name)
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
    return calls, {last: sorted(names) for last, names in aliases.items()}, derived


class Calls:
    """The calls in `modules`, by the functions they run, and in what `importing` adds: the modules, other than tests,
    that may call something. A function that is handed on as a value is not called."""

    def __init__(
        self,
        names: Names,
        modules: Callable[[], Iterable[Module]],
        derived: Derived,
        importing: Callable[[Sought], Iterable[Module]],
    ) -> None:
        self._names = names
        self._modules = modules
        self._derived = derived
        self._importing = importing
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
        self._words = {path: known for path, known in self._words.items() if path in modules}
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
        tables = self._gathered
        beyond = [(m, self._derived(words, m)) for m in self._beyond(function, owner) if m.path not in self._words]
        also = {name for _, said in beyond for name in said[1].get(last, ())}
        for name in sorted({last, *tables.also(last), *also}):
            found = tables.named(name)
            more = [pair for module, said in beyond for pair in calls_at(module, said[0].get(name, ()))]
            for scope, call in sorted([*found, *more], key=_path) if more else found:
                if self._runs(scope, call, function, owner):
                    yield scope, call

    def _beyond(self, function: Scope, owner: Scope | None) -> Iterable[Module]:
        """The modules without a word of Celery that may call a function, in any order."""
        found = {function.module.path: function.module}
        if owner is not None:
            for cls in self._names.ancestors(owner):
                if cls is not None and cls.scope is not None:
                    found[cls.scope.module.path] = cls.scope.module
        for sought in self._sought(function, owner):
            found.update((module.path, module) for module in self._importing(sought))
        return found.values()

    def _sought(self, function: Scope, owner: Scope | None) -> Iterator[Sought]:
        outer = owner if owner is not None else function
        if outer.enclosing is not outer.module.body:
            return
        if owner is None:
            yield Sought(module_place(outer.module.path), function.name)
            return
        method = "" if function.name == "__init__" else function.name
        for path, name in self._gathered.deriving(outer.module.path, outer.name):
            yield Sought(module_place(path), name, method)

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
        come to once for each class that the object has to be of whose methods call each other there."""
        seen: set[tuple[_Key, _Key | None]] = set()
        queue: deque[tuple[Route, Scope | None]] = deque([(Route(scope), _method_of(scope)[1])])
        while queue and len(seen) < _MOST:
            here, cls = queue.popleft()
            key = (here.scope.module.path, here.scope.index), (cls.module.path, cls.index) if cls is not None else None
            if key in seen:
                continue
            seen.add(key)
            yield here
            if len(here.calls) < _DEPTH:
                for caller, call in self.callers(here.scope):
                    with suppress(_OtherObjectError):
                        queue.append((Route(caller, ((caller, call), *here.calls)), self._object(caller, call, cls)))

    def _object(self, caller: Scope, call: Call, cls: Scope | None) -> Scope | None:
        """The class that the object of a calling method has to be of, where the method that it calls leads on for one
        of `cls` only; None where there is none. Raises _OtherObjectError where it is none of these."""
        method, own = _method_of(caller)
        if cls is None or not isinstance(call.func, Attr):
            return own
        base = call.func.base
        by_super = caller.call(base)
        same = method is not None and bool(method.params) and base == Name(method.params[0].name)
        if own is not None and (same or (by_super is not None and by_super.func == Name("super"))):
            return self._both(own, cls)
        found = self._names.resolve(caller, base)
        if found is not None and found.scope is not None and found.scope.kind == "class":
            self._both(found.scope, cls)
        return own

    def _both(self, one: Scope, other: Scope) -> Scope:
        """The one of two classes that derives from the other. Raises _OtherObjectError where none does."""
        for cls, base in ((one, other), (other, one)):
            if cls is base or any(a is not None and a.scope is base for a in self._names.ancestors(cls)):
                return cls
        raise _OtherObjectError


class _OtherObjectError(Exception):
    """A method is called on an object of another class."""


def _method_of(scope: Scope) -> tuple[Scope | None, Scope | None]:
    """The method that a scope is, or is nested in, and its class."""
    here: Scope | None = scope
    while here is not None and here.kind in ("function", "lambda"):
        outer = here.enclosing
        if outer is not None and outer.kind == "class":
            return here, outer
        here = outer
    return None, None


def _path(pair: tuple[Scope, Call]) -> str:
    return pair[0].module.path


def _within(scope: Scope) -> Iterator[Scope]:
    """A scope and all that is nested in it."""
    yield scope
    for child in scope.children:
        yield from _within(child)
