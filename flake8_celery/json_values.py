"""What JSON cannot hold: which expressions are, for certain, values that Celery's default serializer refuses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .knowledge.json_types import (
    PAIR_METHODS,
    PLAIN_BASES,
    QUERY_METHODS,
    REFUSED_CALLS,
    RELATED_METHODS,
    ROW_METHODS,
    TAKEN_BASES,
)
from .knowledge.large_values import FRAME_READERS, MANAGERS, QUERY_READERS, QUERY_STEPS
from .model import (
    Attr,
    Call,
    CallRef,
    Choice,
    Comp,
    Dict,
    Expr,
    Items,
    Name,
    Op,
    Opaque,
    Scope,
    ScopeRef,
    Star,
    Sub,
)
from .related import related_models

if TYPE_CHECKING:
    from .names import Target
    from .project import Project

_EXCEPTIONS = ("Exception", "BaseException")


@dataclass
class JsonValues:
    """Reads the expressions of one scope. `pydantic` tells whether a pydantic model is taken as it is."""

    project: Project
    scope: Scope
    pydantic: bool = False
    _open: set[Expr] = field(default_factory=set)

    def refused(self, expr: Expr | None) -> str | None:
        """What an expression is that JSON refuses, "a `set`"; None where it may be taken."""
        if expr is None or expr in self._open:
            return None
        self._open.add(expr)
        try:
            return self._refused(expr)
        finally:
            self._open.discard(expr)

    def instance(self, target: Target) -> str | None:
        """What an instance of the target's class is that JSON refuses, None where it may be taken."""
        return self._instance(target)

    def rows(self, expr: Expr) -> str | None:
        """What the elements of an expression are, "rows of `Order`", where JSON refuses them."""
        return self._rows(expr)

    def _refused(self, expr: Expr) -> str | None:
        match expr:
            case Items(kind="set"):
                return "a `set`"
            case Items():
                return self._within(expr.items)
            case Dict():
                if any(isinstance(key, Items) for key, _ in expr.items):
                    return "a dict with tuples as keys"
                return self._within(tuple(value for key, value in expr.items if key is not None))
            case Comp():
                return self._comprehension(expr)
            case ScopeRef():
                return "a function"
            case Choice():
                return self.refused(expr.body) or self.refused(expr.orelse)
            case Op(operator="/"):
                first = self.refused(expr.operands[0])
                return first if first == "a `Path`" else None
            case Op(operator="|" | "&" | "-" | "^"):
                sides = {self.refused(operand) for operand in expr.operands}
                return "a `set`" if "a `set`" in sides else None
            case Op(operator="or"):
                return self.refused(expr.operands[-1])
            case Sub():
                return self._item(expr)
            case CallRef():
                return self._call(self.scope.calls[expr.index])
            case Name():
                return self._variable(expr)
            case Attr():
                return self._attribute(expr)
        return None

    def _within(self, items: tuple[Expr, ...]) -> str | None:
        for item in items:
            if not isinstance(item, Star):
                found = self.refused(item)
                if found is not None:
                    return found
        return None

    def _comprehension(self, expr: Comp) -> str | None:
        if expr.kind == "set":
            return "a `set`"
        if expr.kind == "generator":
            return "a generator"
        if expr.kind == "dict":
            if not isinstance(expr.element, Items):
                return None
            key, value = expr.element.items
            return "a dict with tuples as keys" if isinstance(key, Items) else self.refused(value)
        found = self.refused(expr.element)
        if found is None and len(expr.sources) == 1 and isinstance(expr.element, Name):
            bound = [a for a in self.scope.assigned(expr.element.id) if a.operator != "for"]
            found = self._rows(expr.sources[0]) if not bound else None
        return found

    # --- names

    def _variable(self, name: Name) -> str | None:
        bound = [a for a in self.scope.assigned(name.id) if a.operator != "del"]
        if self.scope.param(name.id) is not None:
            return None
        if bound:
            if all(a.operator == "except" for a in bound):
                return "an exception"
            if any(a.operator not in ("=", ":=") or isinstance(a.value, Opaque) for a in bound):
                return None
            found = [self.refused(a.value) for a in bound]
            return found[0] if all(found) else None
        return self._named(name)

    def _attribute(self, expr: Attr) -> str | None:
        owner = self.project.function(self.scope, expr.base)
        if owner is not None and owner.kind == "class":
            return self._member(owner, expr.attr) if owner.assigned(expr.attr) else None
        if expr.attr in MANAGERS:
            return None
        return self._named(expr)

    def _member(self, cls: Scope, name: str) -> str | None:
        """`Status.DONE`: a member of an enumeration."""
        bases = [a.name if a is not None else None for a in self.project.names.ancestors(cls)]
        if bases and all(base in ("enum.Enum", "enum.Flag") for base in bases) and "__json__" not in _methods(cls):
            return f"`{cls.name}.{name}`, an `Enum` member"
        return None

    def _named(self, expr: Name | Attr) -> str | None:
        target = self.project.target(self.scope, expr)
        if target is None:
            return None
        if target.scope is not None and not target.instance and self.project.task_of(target.scope) is None:
            if target.scope.kind == "function" and not target.scope.decorators:
                return f"the function `{target.scope.name}`"
            return f"the class `{target.scope.name}`" if target.scope.kind == "class" else None
        if target.value is not None and target.value[0].kind == "module":
            scope, value = target.value
            return JsonValues(self.project, scope, self.pydantic, self._open).refused(value)
        return None

    # --- calls

    def _call(self, call: Call) -> str | None:
        rows = self._queried(call)
        if rows is not None:
            return rows
        target = self.project.target(self.scope, call.func)
        if target is None or not target.name:
            return self._view(call)
        name = target.name
        if name in REFUSED_CALLS:
            return REFUSED_CALLS[name]
        if name in FRAME_READERS or name in QUERY_READERS:
            return "a `DataFrame`" if call.keyword("chunksize") is None else "an iterator"
        if name in ("builtins.list", "builtins.tuple", "builtins.sorted") and len(call.args) == 1:
            return self._rows(call.args[0])
        if name == "builtins.dict" and not call.args:
            return self._within(tuple(value for key, value in call.keywords if key is not None))
        if name.startswith("builtins.") and name.endswith(("Error", "Exception")):
            return "an exception"
        if target.scope is not None and target.scope.kind == "class" and not target.instance:
            return self._instance(target)
        return self._view(call)

    def _view(self, call: Call) -> str | None:
        """`{...}.keys()` and the like."""
        if (
            call.attr not in ("keys", "values", "items")
            or call.args
            or call.keywords
            or not isinstance(call.func, Attr)
        ):
            return None
        base: Expr | None = call.func.base
        if isinstance(base, Name):
            bound = self.scope.assigned(base.id)
            base = bound[0].value if len(bound) == 1 and bound[0].operator == "=" else None
        inner = self.scope.call(base)
        made = self.project.name(self.scope, inner.func) if inner is not None else ""
        if isinstance(base, Dict) or (isinstance(base, Comp) and base.kind == "dict"):
            return f"the `{call.attr}()` of a dict"
        if made in ("builtins.dict", "collections.defaultdict", "collections.Counter", "collections.OrderedDict"):
            return f"the `{call.attr}()` of a dict"
        return None

    def _instance(self, target: Target) -> str | None:
        cls = target.scope
        if cls is None or cls.keywords:
            return None  # a metaclass may make anything of it
        kind = ""
        classes = [cls]
        for base in self.project.names.ancestors(cls):
            if base is None or base.name in TAKEN_BASES:
                return None
            if base.scope is not None:
                classes.append(base.scope)
            elif base.name in PLAIN_BASES:
                kind = kind or PLAIN_BASES[base.name]
            elif base.name.startswith("builtins.") and base.name.endswith(("Error", *_EXCEPTIONS)):
                kind = "an exception, "
            else:
                return None
        if any({"__json__", "__new__"} & _methods(c) or c.keywords for c in classes):
            return None
        if self.pydantic and kind == PLAIN_BASES["pydantic.BaseModel"]:
            return None
        return f"{kind}`{cls.name}`" if kind else f"an instance of `{cls.name}`"

    # --- Django's querysets

    def _item(self, expr: Sub) -> str | None:
        """A slice of a queryset is one, too; an element of it is a row."""
        query = self._query(expr.base)
        if query is None:
            return None
        if isinstance(expr.index, Opaque):
            return f"a `QuerySet` of `{query.model}`"
        return None if query.values else f"a row of `{query.model}`"

    def _queried(self, call: Call) -> str | None:
        """What a call on a manager or queryset gives."""
        if not isinstance(call.func, Attr):
            return None
        query = self._query(call.func.base) or self._related(call)
        if query is None:
            return None
        if call.attr in ROW_METHODS or call.attr in PAIR_METHODS:
            return None if query.values else f"a row of `{query.model}`"
        if call.attr == "iterator":
            return f"an iterator over `{query.model}`"
        if call.attr in QUERY_STEPS or call.attr in QUERY_METHODS:
            return f"a `QuerySet` of `{query.model}`"
        return None

    def _rows(self, expr: Expr) -> str | None:
        """What a list of all elements of an expression holds that JSON refuses."""
        query = self._query(expr)
        if query is None or query.is_manager or query.values:
            return None
        return f"rows of `{query.model}`"

    def _query(self, expr: Expr) -> _Query | None:
        """The manager or queryset that an expression is."""
        if isinstance(expr, Name):
            bound = self.scope.assigned(expr.id)
            if len(bound) != 1 or bound[0].operator != "=" or self.scope.param(expr.id) is not None:
                return None
            return self._query(bound[0].value)
        if isinstance(expr, Attr):
            last = (
                expr.base.attr if isinstance(expr.base, Attr) else expr.base.id if isinstance(expr.base, Name) else ""
            )
            is_model = expr.attr in MANAGERS and last[:1].isupper()
            return _Query(last, values=False, is_manager=True) if is_model else None
        if isinstance(expr, Sub) and isinstance(expr.index, Opaque):
            return self._query(expr.base)
        call = self.scope.call(expr)
        if call is None or not isinstance(call.func, Attr) or call.attr == "iterator":
            return None
        if call.attr not in QUERY_STEPS and call.attr not in QUERY_METHODS:
            return None
        query = self._query(call.func.base) or self._related(call)
        if query is None:
            return None
        return _Query(query.model, query.values or call.attr in ("values", "values_list"), is_manager=False)

    def _related(self, call: Call) -> _Query | None:
        """`order.lines` in `order.lines.filter(...)`: the rows of another model that lead to one. The attribute's name
        alone tells that: only methods count that nothing else has, or as nothing else is called by."""
        if not isinstance(call.func, Attr) or not isinstance(call.func.base, Attr):
            return None
        if call.attr in RELATED_METHODS or (call.attr in ("create", "get") and call.keywords and not call.args):
            models = related_models(self.project, call.func.base.attr)
            if models:
                return _Query("` or `".join(sorted(models)), values=False, is_manager=True)
        return None


@dataclass(frozen=True)
class _Query:
    """A manager or queryset of a model; with `values` it gives dicts or tuples, not rows."""

    model: str
    values: bool
    is_manager: bool


def _methods(cls: Scope) -> set[str]:
    return {child.name for child in cls.children} | {
        a.target.id for a in cls.assigns if isinstance(a.target, Name) and a.operator == "="
    }


__all__ = ["JsonValues"]
