"""What names stand for: through scopes, imports, aliases, re-exports and instances, across the project.

A resolved name is canonical and dotted: `requests.post`, `proj.models.Order.objects.get`. A pair of parentheses
stands for an instance or a call's value: `requests.Session().get`. What cannot be told is None; nothing is guessed.
"""

from __future__ import annotations

import builtins
import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property

from .frozen import dataclass
from .model import (
    UNKNOWN,
    Assign,
    Attr,
    Await,
    Call,
    CallRef,
    Choice,
    Const,
    Dict,
    Expr,
    Format,
    Import,
    Items,
    Module,
    Name,
    Op,
    Param,
    Scope,
    ScopeRef,
    Star,
    Sub,
    dotted,
)
from .reading import CUT, Reads

_BUILTINS = frozenset(dir(builtins))
_Expression = tuple[str, int, Expr]
_Attribute = tuple[str, str]

_DEPTH = 40
_MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
_QUERYSETS = frozenset(
    {
        "all", "annotate", "defer", "distinct", "exclude", "filter", "only", "order_by", "prefetch_related", "reverse",
        "select_for_update", "select_related", "using",
    }
)  # fmt: skip
_LOOPED = _QUERYSETS | {"iterator"}
_ROWS = frozenset({"create", "earliest", "first", "get", "last", "latest"})
"""Methods of Django's managers and querysets that give querysets, and those that give a row."""

_PENDING = (None, CUT)
"""What is known of an answer while it is being made."""


@dataclass(frozen=True, slots=True)
class Target:
    """What an expression stands for.

    `name` is canonical. `module` is set where it is a project module, `scope` where it is a function or class of the
    project (or, with `instance`, an instance of that class). `made` is the call whose value it is, with the scope it
    stands in. `value` is the expression it was assigned, with its scope. `base` is what an attribute was taken from.
    `variable` is the dotted name of the module-level variable it was reached through.
    """

    name: str
    module: Module | None = None
    scope: Scope | None = None
    instance: bool = False
    made: tuple[Scope, Call] | None = None
    value: tuple[Scope, Expr] | None = None
    base: Target | None = None
    variable: str = ""
    param: tuple[Scope, Param] | None = None


class _Bound:
    """What a module binds, by the names."""

    def __init__(self, module: Module) -> None:
        self.module = module

    @cached_property
    def imports(self) -> dict[str, list[Import]]:
        found: dict[str, list[Import]] = {}
        for imported in self.module.body.imports:
            found.setdefault(imported.name, []).append(imported)
        return found

    @cached_property
    def defined(self) -> dict[str, Scope]:
        """The last functions and classes of each name, nested ones by their qualified name."""
        return {scope.qualname: scope for scope in self.module.scopes if scope.kind in ("function", "class")}

    @cached_property
    def assigns(self) -> dict[str, list[Assign]]:
        """The assignments to each variable, those in functions last."""
        found: dict[str, list[Assign]] = {}
        for assign in self.module.body.assigns:
            if isinstance(assign.target, Name):
                found.setdefault(assign.target.id, []).append(assign)
        for scope in self.module.functions:
            for name in dict.fromkeys(scope.globals):
                found.setdefault(name, []).extend(scope.assigned(name))
        return found


class Names:
    """Resolution over the modules that `find` gives: `find(dotted, near)` is the project module of an import name."""

    def __init__(
        self,
        find: Callable[[str, Module | None], Module | None],
        module_name: Callable[[Module], str],
        relative: Callable[[Module, str], str | None],
        has: Callable[[str, Module | None], bool],
    ) -> None:
        self._find = find
        self._module_name = module_name
        self._relative = relative
        self._has = has
        self._memo: dict[_Expression, tuple[Target | None, int]] = {}
        self._attributes: dict[_Attribute, tuple[Target | None, int]] = {}
        self._readers: defaultdict[int, tuple[list[_Expression], list[_Attribute]]] = defaultdict(lambda: ([], []))
        self._depth = 0
        self._tables: dict[str, _Bound] = {}
        self.reads = Reads()

    def follow(self, other: Names, path: str) -> None:
        """Take over what another one has resolved, except where the file at `path` was read for it: its facts have
        changed, and nothing else has."""
        self.reads, self._readers = other.reads, other._readers
        self._memo, self._attributes, self._tables = other._memo, other._attributes, other._tables
        gone = self.reads.bit(path) | CUT
        for read in [read for read in self._readers if read & gone]:
            expressions, names = self._readers.pop(read)
            for expression in expressions:
                self._memo.pop(expression, None)
            for name in names:
                self._attributes.pop(name, None)

    # --- expressions

    def resolve(self, scope: Scope, expr: Expr | None) -> Target | None:
        """What `expr`, standing in `scope`, stands for; None where it cannot be told."""
        if expr is None:
            return None
        key = (scope.module.path, scope.index, expr)
        reads = self.reads
        known = self._memo.get(key)
        if known is not None:
            reads.now |= known[1]
            return known[0]
        if self._depth > _DEPTH:
            reads.now |= CUT
            return None
        self._memo[key] = _PENDING
        self._depth += 1
        outer, reads.now = reads.now, reads.bit(key[0])
        try:
            found = self._resolve(scope, expr)
        finally:
            self._depth -= 1
            read = reads.now
            reads.now |= outer
        if self._depth == 0 or found is not None:
            self._memo[key] = (found, read)
            self._readers[read][0].append(key)
        else:
            # an answer cut short by a cycle or by depth must not stick
            del self._memo[key]
        return found

    def _resolve(self, scope: Scope, expr: Expr) -> Target | None:
        match expr:
            case Name():
                return self.lookup(scope, expr.id)
            case Attr():
                base = self.resolve(scope, expr.base)
                return self.attribute(base, expr.attr) if base is not None else self._placed(scope, expr)
            case CallRef():
                call = scope.calls[expr.index]
                return self._called(scope, call)
            case Await():
                return self.resolve(scope, expr.value)
            case Sub():
                base = self.resolve(scope, expr.base)
                if base is None:
                    return self._placed(scope, expr)
                if not base.instance and base.name.rpartition(".")[2][:1].isupper() and not base.name.endswith(")"):
                    return base
                return Target(base.name + "[]")
            case Choice():
                body, orelse = self.resolve(scope, expr.body), self.resolve(scope, expr.orelse)
                return body if body is not None and orelse is not None and body.name == orelse.name else None
            case ScopeRef():
                inner = scope.module.scopes[expr.index]
                return Target(f"{self._module_name(scope.module)}.{inner.qualname}", scope=inner)
        return None

    def _placed(self, scope: Scope, expr: Expr) -> Target | None:
        """`registry["app"]` of something unknown, where the same function has put one thing there."""
        assigns = [a for a in scope.assigns if a.target == expr]
        if len(assigns) != 1 or assigns[0].operator != "=" or scope.call(assigns[0].value) is None:
            return None
        return self.resolve(scope, assigns[0].value)

    def _called(self, scope: Scope, call: Call) -> Target | None:
        func = self.resolve(scope, call.func)
        if func is None:
            return None
        if func.name == "builtins.super" and not call.args:
            owner = self._class_around(scope)
            if owner is not None:
                for base in owner.bases:
                    if owner.enclosing is not None and (found := self.resolve(owner.enclosing, base)) is not None:
                        return replace(found, name=found.name + "()", instance=True)
            return None
        if func.scope is not None and func.scope.kind == "class" and not func.instance:
            return Target(func.name + "()", scope=func.scope, instance=True, made=(scope, call))
        if func.scope is not None and func.scope.kind in ("function", "lambda"):
            returned = self.returned(func.scope)
            if returned is not None:
                return returned
        model = self._model_of_row(scope, call) if func.scope is None else None
        return Target(func.name + "()", scope=model, instance=model is not None, made=(scope, call))

    def _model_of_row(self, scope: Scope, call: Call) -> Scope | None:
        """The project's class of the row that `Order.objects.filter(...).get(...)` gives."""
        return self._model_of(scope, call) if call.attr in _ROWS else None

    def _model_of(self, scope: Scope, call: Call) -> Scope | None:
        """The project's class of the rows that a call on its manager, or on a queryset of it, is about."""
        here: Expr = call.func
        while isinstance(here, Attr) and (inner := scope.call(here.base)) is not None and inner.attr in _QUERYSETS:
            here = inner.func
        if not isinstance(here, Attr) or not isinstance(here.base, Attr) or here.base.attr not in _MANAGERS:
            return None
        model = self.resolve(scope, here.base.base)
        return model.scope if model is not None and _is_class(model) else None

    def _row_of_loop(self, scope: Scope, rows: Expr) -> Target | None:
        """A row in `for order in Order.objects.filter(...)`, also where the queryset is kept in a variable."""
        found = self.resolve(scope, rows)
        if found is None or found.made is None or found.scope is not None or found.made[1].attr not in _LOOPED:
            return None
        model = self._model_of(*found.made)
        return Target(f"{found.name}[]", scope=model, instance=True, made=found.made) if model is not None else None

    def returned(self, function: Scope) -> Target | None:
        """The instance or class that a function always returns, as a factory does."""
        values = [r.value for r in function.returns if r.value is not None]
        values = [v for v in values if not (isinstance(v, Const) and v.value is None)]
        if not values or function.is_generator:
            return None
        found = [self.resolve(function, value) for value in values]
        first = found[0]
        if first is None or not first.name or (_maker(first) is None and not _is_class(first)):
            return None
        return first if all(f is not None and f.name == first.name for f in found) else None

    # --- names in scopes

    def lookup(self, scope: Scope, name: str) -> Target | None:
        """What the plain name stands for when used in `scope`."""
        here: Scope | None = scope
        first = True
        while here is not None:
            if here.kind == "module":
                return self.member(here.module, name) or self._builtin(here.module, name)
            if here.kind != "class" or first:
                if name in here.globals:
                    return self.member(here.module, name)
                known, found = self._local(here, name)
                if known:
                    return found
            first = first and here.kind == "lambda"
            here = here.enclosing
        return None

    def _builtin(self, module: Module, name: str) -> Target | None:
        if name not in _BUILTINS or any(i.name == "*" for i in module.body.imports):
            return Target(f"builtins.{name}") if name in ("print", "open", "super", "Exception") else None
        if self._bound_in_module(module, name):
            return None
        return Target(f"builtins.{name}")

    @staticmethod
    def _bound_in_module(module: Module, name: str) -> bool:
        return bool(module.body.assigned(name)) or any(i.name == name for i in module.body.imports)

    def _local(self, scope: Scope, name: str) -> tuple[bool, Target | None]:
        """Whether `name` is bound in this scope itself, and what to."""
        for imported in scope.imports:
            if imported.name == name:
                return True, self.imported(scope.module, imported.target)
        for child in scope.children:
            if child.name == name and child.kind in ("function", "class"):
                return True, Target(f"{self._module_name(scope.module)}.{child.qualname}", scope=child)
        assigns = scope.assigned(name)
        param = scope.param(name)
        if param is not None:
            if any(a.operator != "del" for a in assigns):
                return True, None
            return True, self._parameter(scope, param)
        if not assigns:
            return False, None
        return True, self._one_of(scope, assigns)

    def _parameter(self, scope: Scope, param: Param) -> Target | None:
        outer = scope.enclosing
        if outer is not None and outer.kind == "class" and scope.params[0] is param:
            decorators = {dotted(d.expr) for d in scope.decorators}
            if "staticmethod" not in decorators:
                name = f"{self._module_name(scope.module)}.{outer.qualname}"
                if "classmethod" in decorators or scope.name == "__new__":
                    return Target(name, scope=outer)
                return Target(name + "()", scope=outer, instance=True)
        if (
            param.annotation is not None
            and outer is not None
            and param.kind in ("positional-only", "positional", "keyword-only")
        ):
            annotated = self._annotation(outer, param.annotation)
            if annotated is not None and not annotated.name.startswith("builtins."):
                return replace(annotated, name=annotated.name + "()", instance=True, param=(scope, param), value=None)
        return None

    def _annotation(self, scope: Scope, annotation: Expr) -> Target | None:
        if isinstance(annotation, Const) and isinstance(annotation.value, str):
            parts = annotation.value.split(".")
            if not all(p.isidentifier() for p in parts):
                return None
            annotation = Name(parts[0])
            for part in parts[1:]:
                annotation = Attr(annotation, part)
        if isinstance(annotation, Sub):
            if dotted(annotation.base) in ("Annotated", "typing.Annotated") and isinstance(annotation.index, Items):
                return self._annotation(scope, annotation.index.items[0])
            return None
        if isinstance(annotation, Op) and annotation.operator == "|":
            options = [o for o in annotation.operands if not (isinstance(o, Const) and o.value is None)]
            return self._annotation(scope, options[0]) if len(options) == 1 else None
        return self.resolve(scope, annotation) if isinstance(annotation, Name | Attr) else None

    def _one_of(self, scope: Scope, assigns: list[Assign]) -> Target | None:
        """What a variable stands for when all its bindings agree."""
        found: Target | None = None
        for assign in assigns:
            if assign.operator == "del" or (isinstance(assign.value, Const) and assign.value.value is None):
                continue
            if assign.operator not in ("=", ":=", "with", "for"):
                return None
            looped = assign.operator == "for"
            value = self._row_of_loop(scope, assign.value) if looped else self.resolve(scope, assign.value)
            if looped and value is None:
                return None
            if value is None:
                if len(assigns) == 1 and assign.operator != "with":
                    return Target("", value=(scope, assign.value))
                return None
            if found is not None and found.name != value.name:
                return None
            found = found or replace(value, value=None if looped else value.value or (scope, assign.value))
        return found

    # --- modules

    def member(self, module: Module, name: str) -> Target | None:
        """What the module-level name stands for."""
        key = (module.path, name)
        reads = self.reads
        known = self._attributes.get(key)
        if known is not None:
            reads.now |= known[1]
            return known[0]
        self._attributes[key] = _PENDING
        outer, reads.now = reads.now, reads.bit(key[0])
        try:
            found = self._member(module, name)
        finally:
            read = reads.now
            reads.now |= outer
        if found is not None or self._depth == 0:
            self._attributes[key] = (found, read)
            self._readers[read][1].append(key)
        else:
            del self._attributes[key]
        return found

    def _member(self, module: Module, name: str) -> Target | None:
        full = f"{self._module_name(module)}.{name}"
        bound = self._bound(module)
        external: Target | None = None
        for imported in bound.imports.get(name, ()):
            found = self.imported(module, imported.target)
            if found is not None:
                if found.module is not None or found.scope is not None or found.made is not None:
                    return found
                external = external or found
        if external is not None:
            return external
        defined = bound.defined.get(name)
        if defined is not None and defined.parent == 0:
            return Target(full, scope=defined)
        assigns = bound.assigns.get(name)
        if assigns:
            return self._variable(module, full, assigns)
        for imported in bound.imports.get("*", ()):
            source = self._module_of(module, imported.target)
            if source is not None and source is not module and (found := self.member(source, name)) is not None:
                return found
        if module.path.endswith("__init__.py"):
            inner = self._find(full, module)
            if inner is not None and inner is not module:
                return Target(full, module=inner)
        return None

    def _bound(self, module: Module) -> _Bound:
        known = self._tables.get(module.path)
        if known is None or known.module is not module:
            known = self._tables[module.path] = _Bound(module)
        return known

    def _variable(self, module: Module, full: str, assigns: list[Assign]) -> Target:
        body = module.body
        values = body.assigned(full.rpartition(".")[2])
        plain = [
            a
            for a in values
            if a.operator in ("=", ":=") and not (isinstance(a.value, Const) and a.value.value is None)
        ]
        found: Target | None = None
        if plain and len(values) == len(assigns):
            found = self._one_of(body, values)
        if found is None or not found.name:
            origin = (body, plain[0].value) if len(plain) == 1 and len(assigns) == 1 else None
            return Target(full, value=origin, variable=full)
        return replace(found, variable=found.variable or full)

    def _module_of(self, module: Module, target: str) -> Module | None:
        absolute = self._relative(module, target) if target.startswith(".") else target
        return self._find(absolute, module) if absolute else None

    def imported(self, module: Module, target: str) -> Target | None:
        """What the import target, as written in `module`, stands for."""
        if target.startswith("."):
            absolute = self._relative(module, target)
            if absolute is None:
                return None
        else:
            absolute = target
        parts = absolute.split(".")
        for length in range(len(parts), 0, -1):
            prefix = ".".join(parts[:length])
            if not self._has(prefix, module):
                continue
            found: Target | None
            inner = self._find(prefix, module)
            rest = parts[length:]
            if inner is None:
                # a namespace folder
                return Target(prefix) if not rest else None
            if (rest and inner is not module) or not rest:
                found = Target(self._module_name(inner), module=inner)
                for part in rest:
                    found = self.attribute(found, part) if found is not None else None
                return found
            found = self.member(inner, rest[0])
            for part in rest[1:]:
                found = self.attribute(found, part) if found is not None else None
            return found
        if target.startswith("."):
            return None
        return Target(absolute)

    def attribute(self, base: Target, attr: str) -> Target | None:
        """What `base.attr` stands for."""
        if base.module is not None:
            found = self.member(base.module, attr)
            if found is not None:
                return found
            inner = self._find(f"{self._module_name(base.module)}.{attr}", base.module)
            return Target(f"{base.name}.{attr}", module=inner) if inner is not None else None
        if base.scope is not None and base.scope.kind == "class":
            return self._class_attribute(base, base.scope, attr, 0)
        if not base.name:
            return None
        if base.value is None and base.made is None and base.scope is None:
            found = None
            if self._has(base.name, None) and (inner := self._find(f"{base.name}.{attr}", None)) is not None:
                found = Target(f"{base.name}.{attr}", module=inner)
            if found is not None:
                return found
        return Target(f"{base.name}.{attr}", base=base)

    def _class_attribute(self, base: Target, cls: Scope, attr: str, depth: int) -> Target | None:
        name = f"{base.name}.{attr}"
        for child in cls.children:
            if child.name == attr and child.kind in ("function", "class"):
                if any(
                    dotted(d.expr) in ("property", "cached_property", "functools.cached_property")
                    for d in child.decorators
                ):
                    returned = self.returned(child)
                    return returned or Target(name, base=base)
                return Target(name, scope=child, base=base)
        assigns = cls.assigned(attr)
        if len(assigns) == 1 and assigns[0].operator == "=":
            value = self.resolve(cls, assigns[0].value)
            if value is not None and value.name:
                return replace(value, base=base)
            return Target(name, value=(cls, assigns[0].value), base=base)
        if base.instance:
            found = self._instance_attribute(cls, attr)
            if found is not None:
                return replace(found, base=base)
        if depth < 8 and cls.enclosing is not None:
            external: Target | None = None
            for parent in cls.bases:
                resolved = self.resolve(cls.enclosing, parent)
                if resolved is None:
                    continue
                if resolved.scope is not None and resolved.scope.kind == "class" and resolved.scope is not cls:
                    inherited = self._class_attribute(base, resolved.scope, attr, depth + 1)
                    if inherited is not None and (
                        inherited.scope is not None or inherited.value is not None or inherited.made is not None
                    ):
                        return inherited
                elif external is None and resolved.scope is None and resolved.name:
                    external = resolved
            if external is not None and depth == 0:
                # an attribute that the project's class does not have comes from the library's class, if from anywhere
                return Target(f"{external.name}{'()' if base.instance else ''}.{attr}", base=base)
        return Target(name, base=base)

    def _instance_attribute(self, cls: Scope, attr: str) -> Target | None:
        """`self.client`, where the methods of the class assign it one kind of instance."""
        found: Target | None = None
        for method in cls.children:
            if method.kind != "function" or not method.params:
                continue
            place = Attr(Name(method.params[0].name), attr)
            for assign in method.assigns:
                if assign.target != place:
                    continue
                if isinstance(assign.value, Const) and assign.value.value is None:
                    continue
                value = self.resolve(method, assign.value)
                if value is None or (found is not None and found.name != value.name):
                    return None
                found = value
        return found

    @staticmethod
    def _class_around(scope: Scope) -> Scope | None:
        here: Scope | None = scope
        while here is not None and here.kind != "class":
            here = here.enclosing
        return here

    # --- classes

    def ancestors(self, cls: Scope) -> Iterator[Target | None]:
        """The classes a class derives from, breadth first, itself not; None for a base that cannot be told."""
        queue = [cls]
        seen = {(cls.module.path, cls.index)}
        while queue:
            here = queue.pop(0)
            for base in here.bases:
                if here.enclosing is None:
                    continue
                found = self.resolve(here.enclosing, base)
                if found is not None and found.scope is not None and found.scope.kind == "class":
                    key = (found.scope.module.path, found.scope.index)
                    if key in seen:
                        continue
                    seen.add(key)
                    queue.append(found.scope)
                yield found

    # --- values

    def value(self, scope: Scope, expr: Expr | None) -> object:
        """The plain Python value of a literal, also through constants of this and other modules; UNKNOWN otherwise.

        Dicts may hold UNKNOWN values; lists and tuples too. `datetime.timedelta(...)` is evaluated.
        """
        if self._depth > _DEPTH:
            return UNKNOWN
        self._depth += 1
        try:
            return self._value(scope, expr)
        finally:
            self._depth -= 1

    def _value(self, scope: Scope, expr: Expr | None) -> object:
        match expr:
            case Const():
                return expr.value
            case Items():
                values: list[object] = []
                for item in expr.items:
                    if isinstance(item, Star):
                        inner = self.value(scope, item.value)
                        if not isinstance(inner, list | tuple):
                            return UNKNOWN
                        values.extend(inner)
                    else:
                        values.append(self.value(scope, item))
                if expr.kind == "set":
                    return (
                        UNKNOWN
                        if any(v is UNKNOWN or isinstance(v, list | dict | set) for v in values)
                        else set(values)
                    )
                return tuple(values) if expr.kind == "tuple" else values
            case Dict():
                result: dict[object, object] = {}
                for key, item in expr.items:
                    value = self.value(scope, item)
                    if key is None:
                        if not isinstance(value, dict):
                            return UNKNOWN
                        result.update(value)
                        continue
                    name = self.value(scope, key)
                    if name is UNKNOWN or isinstance(name, list | dict | set):
                        return UNKNOWN
                    result[name] = value
                return result
            case Name() | Attr():
                found = self.resolve(scope, expr)
                if (
                    found is not None
                    and found.value is not None
                    and (found.value[0] is not scope or found.value[1] != expr)
                ):
                    return self.value(*found.value)
                return UNKNOWN
            case Op():
                return self._operation(expr.operator, [self.value(scope, o) for o in expr.operands])
            case Choice():
                body, orelse = self.value(scope, expr.body), self.value(scope, expr.orelse)
                return body if body is not UNKNOWN and orelse is not UNKNOWN and body == orelse else UNKNOWN
            case Format():
                parts = [self.value(scope, p) for p in expr.parts]
                return "".join(str(p) for p in parts) if all(isinstance(p, str | int) for p in parts) else UNKNOWN
            case CallRef():
                return self._call_value(scope, scope.calls[expr.index])
            case Sub():
                base, index = self.value(scope, expr.base), self.value(scope, expr.index)
                if isinstance(base, dict) and isinstance(index, str | int):
                    return base.get(index, UNKNOWN)
                return UNKNOWN
        return UNKNOWN

    @staticmethod
    def _operation(operator: str, values: list[object]) -> object:
        if any(v is UNKNOWN for v in values):
            return UNKNOWN
        try:
            match operator, values:
                case "+", [left, right]:
                    return left + right  # type: ignore[operator]
                case "-", [left, right]:
                    return left - right  # type: ignore[operator]
                case "*", [
                    int() | float() | dt.timedelta() as left,
                    int() | float() | dt.timedelta() as right,
                ]:
                    return left * right  # type: ignore[operator]
                case "/", [left, right]:
                    return left / right  # type: ignore[operator]
                case "//", [left, right]:
                    return left // right  # type: ignore[operator]
                case "not", [value]:
                    return not value
        except (TypeError, ZeroDivisionError, OverflowError):
            pass
        return UNKNOWN

    def _call_value(self, scope: Scope, call: Call) -> object:
        if call.has_spread:
            return UNKNOWN
        if isinstance(call.func, Attr) and call.func.attr == "total_seconds" and not call.args:
            base = self.value(scope, call.func.base)
            return base.total_seconds() if isinstance(base, dt.timedelta) else UNKNOWN
        func = self.resolve(scope, call.func)
        if func is None:
            return UNKNOWN
        if func.name == "datetime.timedelta":
            args = [self.value(scope, a) for a in call.args]
            keywords = {k: self.value(scope, v) for k, v in call.keywords if k is not None}
            try:
                return dt.timedelta(*args, **keywords)  # type: ignore[arg-type]
            except (TypeError, OverflowError, ValueError):
                return UNKNOWN
        if func.name == "builtins.dict":
            start = self.value(scope, call.args[0]) if len(call.args) == 1 else {}
            if call.args and not isinstance(start, dict):
                return UNKNOWN
            assert isinstance(start, dict)
            return {**start, **{k: self.value(scope, v) for k, v in call.keywords if k is not None}}
        if func.name in ("builtins.int", "builtins.float", "builtins.str") and len(call.args) == 1:
            inner = self.value(scope, call.args[0])
            if isinstance(inner, str | int | float):
                try:
                    return {"int": int, "float": float, "str": str}[func.name.rpartition(".")[2]](inner)
                except (ValueError, OverflowError):
                    return UNKNOWN
        if (
            func.name in ("builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset")
            and len(call.args) == 1
        ):
            inner = self.value(scope, call.args[0])
            if isinstance(inner, list | tuple):
                return tuple(inner) if func.name.endswith("tuple") else list(inner)
        return UNKNOWN


def _is_class(target: Target) -> bool:
    return target.scope is not None and target.scope.kind == "class" and not target.instance


def _maker(target: Target) -> tuple[Scope, Call] | None:
    """The call that made what a target is, or what it is an attribute of."""
    if target.made is not None:
        return target.made if target.name.endswith("()") else None
    return target.base.made if target.base is not None and target.scope is None and target.value is None else None


__all__ = ["Names", "Target"]
