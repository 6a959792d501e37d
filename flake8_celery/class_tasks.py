"""Tasks that are classes: the method that does their work, and the options that their classes give them."""

from __future__ import annotations

from collections.abc import Iterator

from .knowledge.options import TASK_OPTIONS
from .model import UNKNOWN, Attr, Call, Expr, Name, Scope, Star, Value
from .names import Names

_STEPS = 4


class ClassTasks:
    def __init__(self, names: Names) -> None:
        self._names = names

    def lineage(self, cls: Scope) -> list[Scope]:
        """The class and the project's classes that it derives from, the nearest first."""
        above = (a.scope for a in self._names.ancestors(cls) if a is not None)
        return [cls, *(scope for scope in above if scope is not None)]

    def body(self, cls: Scope) -> tuple[Scope, tuple[Scope, ...]] | None:
        """The method of the class that does its work: `run`, or what the `run` of a base class hands its arguments on
        to. With it the methods on the way, the first that runs first. None where there is no such method, or more than
        one."""
        own = _method(cls, "run")
        if own is not None:
            return own, ()
        lineage = self.lineage(cls)
        here = _first(lineage, "run")
        way: list[Scope] = []
        while here is not None and len(way) < _STEPS:
            way.append(here)
            names = set(_handed_on(here))
            if len(names) != 1:
                return None
            here = _first(lineage, names.pop())
            if here in way:
                return None
            if here is not None and here.enclosing is cls:
                return here, tuple(way)
        return None

    def options(self, cls: Scope) -> dict[str, Value]:
        """The options that the class gets when it, or an instance of it, is made: by its own attributes, by keywords
        that a base class takes in `__init_subclass__`, and in `__init__`."""
        found: dict[str, Value] = {}
        lineage = self.lineage(cls)
        for base in lineage[1:]:
            method = _method(base, "__init_subclass__")
            if method is not None:
                for name, given in self._given(cls, method).items():
                    found.setdefault(name, given)
        for assign in cls.assigns:
            if isinstance(assign.target, Name) and assign.operator == "=":
                value = self._names.value(cls, assign.value)
                found[assign.target.id] = Value("set", value, f"{cls.module.path}:{assign.span.line}")
        for base in lineage:
            method = _method(base, "__init__")
            if method is not None:
                for name, expr, line in _attributes(method):
                    value = self._names.value(method, expr)
                    known = found.get(name)
                    if known is None or known.value != value:
                        found[name] = Value("set", UNKNOWN, f"{method.module.path}:{line}")
        return found

    def _given(self, cls: Scope, method: Scope) -> dict[str, Value]:
        """The attributes that `__init_subclass__` sets on a class, from the keywords in its definition."""
        found: dict[str, Value] = {}
        for name, expr, line in _attributes(method):
            origin = f"{method.module.path}:{line}"
            param = method.param(expr.id) if isinstance(expr, Name) else None
            if param is None or method.assigned(param.name):
                found[name] = Value("set", self._names.value(method, expr), origin)
                continue
            keyword = next((value for key, value in cls.keywords if key == param.name), None)
            if keyword is not None and cls.enclosing is not None:
                value = self._names.value(cls.enclosing, keyword)
                found[name] = Value("set", value, f"{cls.module.path}:{cls.span.line}")
            elif param.default is not None and not any(key is None for key, _ in cls.keywords):
                found[name] = Value("set", self._names.value(method, param.default), origin)
            else:
                found[name] = Value("set", UNKNOWN, origin)
        return found

    def name(self, cls: Scope, options: dict[str, Value]) -> tuple[bool, str]:
        """Whether the class is given a name, and the name; "" where that cannot be told."""
        given = options.get("name")
        if given is None or given.value is None:
            for base in self.lineage(cls):
                if any(child.name == "name" for child in base.children):
                    return True, ""
                assigns = base.assigned("name") if base is not cls else []
                if assigns:
                    value = self._names.value(base, assigns[-1].value)
                    return (value is not None), value if isinstance(value, str) else ""
            return False, ""
        return True, given.value if isinstance(given.value, str) else ""


def _method(cls: Scope, name: str) -> Scope | None:
    return next((c for c in cls.children if c.name == name and c.kind == "function"), None)


def _first(lineage: list[Scope], name: str) -> Scope | None:
    return next((method for cls in lineage if (method := _method(cls, name)) is not None), None)


def _attributes(method: Scope) -> Iterator[tuple[str, Expr, int]]:
    """The task options that a method sets on its first parameter."""
    if not method.params:
        return
    own = Name(method.params[0].name)
    for assign in method.assigns:
        target = assign.target
        if isinstance(target, Attr) and target.base == own and target.attr in TASK_OPTIONS and assign.operator == "=":
            yield target.attr, assign.value, assign.span.line


def _handed_on(method: Scope) -> Iterator[str]:
    """The names of the other methods of the same object that a method calls with the arguments that it gets."""
    if not method.params:
        return
    own = Name(method.params[0].name)
    several = [p.name for p in method.params if p.kind.startswith("var-")]
    single = {Name(p.name) for p in method.params[1:] if not p.kind.startswith("var-")}
    for call in method.calls:
        if not isinstance(call.func, Attr) or call.func.base != own or call.func.attr == method.name:
            continue
        if _spreads(call, several) if several else _passes(call, single):
            yield call.func.attr


def _spreads(call: Call, several: list[str]) -> bool:
    """Whether a call gets all of `*args` and `**kwargs` as such."""
    spread = [a.value for a in call.args if isinstance(a, Star)] + [v for k, v in call.keywords if k is None]
    return all(Name(name) in spread for name in several)


def _passes(call: Call, single: set[Name]) -> bool:
    return any(a in single for a in call.args) or any(v in single for _, v in call.keywords)
