"""Which expressions are, for certain, objects of one process: rows of a database, requests, users, open results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .json_values import JsonValues
from .knowledge.objects import (
    CHUNKERS,
    FOREIGN_KEYS,
    INSTANCES,
    LIVING,
    OPENING,
    REQUEST_PARTS,
    ROW_FUNCTIONS,
    SAVING_BASES,
    SQL_ROW_METHODS,
    VIEW_MODULES,
)
from .model import Assign, Attr, Call, Const, Dict, Expr, Items, Name, Scope, Star, Sub
from .receivers import receiver

if TYPE_CHECKING:
    from .project import Project

_QUERY_DEPTH = 12


@dataclass
class Objects:
    """Reads the expressions of one scope. `pydantic` tells whether a pydantic model is taken as it is."""

    project: Project
    scope: Scope
    pydantic: bool = False

    def refused(self, expr: Expr) -> str | None:
        """What an expression is that cannot go to another process, None where it may."""
        match expr:
            case Items(kind="list" | "tuple"):
                return self._first(expr.items)
            case Dict():
                return self._first(tuple(value for key, value in expr.items if key is not None)) or JsonValues(
                    self.project, self.scope, self.pydantic
                ).refused(expr)
            case Star():
                return None
        scope = _binding(self.scope, expr) if isinstance(expr, Name) else self.scope
        values = JsonValues(self.project, scope, self.pydantic)
        return values.refused(expr) or self._object(scope, expr, values)

    def _first(self, items: tuple[Expr, ...]) -> str | None:
        return next((found for found in map(self.refused, items) if found is not None), None)

    def _object(self, scope: Scope, expr: Expr, values: JsonValues) -> str | None:
        if self.project.result(scope, expr) is not None:
            return "an `AsyncResult`"
        match expr:
            case Name():
                return self._variable(scope, expr, values)
            case Attr():
                return self._attribute(scope, expr)
            case Sub():
                return "a model instance" if self._is_row_of_signal(scope, expr) else None
        call = scope.call(expr)
        if call is None:
            return None
        return "a model instance" if self._is_row_of_signal(scope, expr) else self._made(scope, call)

    # --- variables and parameters

    def _variable(self, scope: Scope, name: Name, values: JsonValues) -> str | None:
        bound = [a for a in scope.assigned(name.id) if a.operator != "del"]
        if scope.param(name.id) is not None:
            return self._parameter(scope, name, values) if not bound else None
        if not bound:
            return LIVING.get(self.project.name(scope, name) or "")
        found = {self._bound(scope, assign, values) for assign in bound}
        return found.pop() if len(found) == 1 else None

    def _bound(self, scope: Scope, assign: Assign, values: JsonValues) -> str | None:
        if assign.operator == "for":
            cut = scope.call(assign.value)
            if cut is not None and self.project.name(scope, cut.func) in CHUNKERS:
                return next((found for found in map(values.rows, cut.args) if found is not None), None)
            rows = values.rows(assign.value)
            return f"a row {rows.removeprefix('rows ')}" if rows is not None else None
        call = scope.call(assign.value)
        if assign.operator == "with" and call is not None:
            return "an open file" if self.project.name(scope, call.func) in OPENING else None
        if assign.operator not in ("=", ":="):
            return None
        if isinstance(assign.value, Attr | Sub) or self._is_row_of_signal(scope, assign.value):
            return self._object(scope, assign.value, values)
        return self._made(scope, call) if call is not None else None

    def _parameter(self, scope: Scope, name: Name, values: JsonValues) -> str | None:
        target = self.project.target(scope, name)
        if target is not None and target.instance and target.scope is not None:
            return values.instance(target) if not _is_abstract(self.project, target.scope) else None
        if target is not None and target.name.removesuffix("()") in INSTANCES:
            return INSTANCES[target.name.removesuffix("()")]
        if target is not None or _annotated(scope, name):
            return None
        if name.id == "request" and self._is_request(scope):
            return "the request"
        if self._is_row_of_signal(scope, name):
            return "a model instance"
        return None

    def _is_request(self, scope: Scope) -> bool:
        """Whether `request` is the first parameter of a function in a module about Django's views."""
        params = [p.name for p in scope.params]
        in_class = scope.enclosing is not None and scope.enclosing.kind == "class"
        if params.index("request") != int(in_class) or self.project.task_of(scope) is not None:
            return False
        return any(
            imported.target.startswith(VIEW_MODULES)
            for inner in (scope.module.body, scope)
            for imported in inner.imports
        )

    def _is_row_of_signal(self, scope: Scope, expr: Expr) -> bool:
        """Whether an expression is the row that a receiver of a model's signal gets: its parameter `instance`, or that
        item of its `**kwargs`. Not where the function asks for its type, or others call it, who may pass more."""
        if _item_of_keywords(scope, expr) != "instance" and expr != Name("instance"):
            return False
        if receiver(self.project, scope) is None or self.project.callers(scope):
            return False
        asked = (call for call in scope.calls if call.attr in ("isinstance", "type"))
        return not any(expr in call.args for call in asked)

    # --- attributes and calls

    def _attribute(self, scope: Scope, expr: Attr) -> str | None:
        name = self.project.name(scope, expr)
        if name in LIVING:
            return LIVING[name]
        related = self._related(scope, expr)
        if related is not None:
            return related
        what = REQUEST_PARTS.get(expr.attr)
        if what is None:
            return None
        base = expr.base
        if isinstance(base, Name):
            owner = _binding(scope, base)
            found = self._variable(owner, base, JsonValues(self.project, owner)) if owner.param(base.id) else None
            return what if found == "the request" else None
        if base == Attr(Name("self"), "request") and self._in_view(scope):
            return what
        return None

    def _related(self, scope: Scope, expr: Attr) -> str | None:
        """The row that a foreign key of another row leads to."""
        model = self._model(scope, expr.base)
        fields = model.assigned(expr.attr) if model is not None else []
        call = model.call(fields[0].value) if model is not None and len(fields) == 1 else None
        if model is None or call is None or self.project.name(model, call.func) not in FOREIGN_KEYS:
            return None
        other = self.project.function(model, call.argument(0, "to"))
        return f"a row of `{other.name}`" if other is not None else "a model instance"

    def _model(self, scope: Scope, expr: Expr) -> Scope | None:
        """The model of the project that an expression is a row of."""
        if isinstance(expr, Name) and scope.param(expr.id) is None:
            bound = [a for a in scope.assigned(expr.id) if a.operator != "del"]
            if len(bound) == 1 and bound[0].operator == "=" and self._is_row_of_signal(scope, bound[0].value):
                expr = bound[0].value
        if self._is_row_of_signal(scope, expr) and not scope.assigned("instance"):
            found = receiver(self.project, scope)
            return found.model if found is not None else None
        target = self.project.target(scope, expr)
        return target.scope if target is not None and target.instance else None

    def _in_view(self, scope: Scope) -> bool:
        """Whether a method belongs to one of Django's class-based views."""
        owner = scope.enclosing
        if owner is None or owner.kind != "class":
            return False
        ancestors = self.project.names.ancestors(owner)
        return any(a is not None and a.name.startswith(VIEW_MODULES) for a in ancestors)

    def _made(self, scope: Scope, call: Call) -> str | None:
        """What a call gives that belongs to a database session."""
        name = self.project.name(scope, call.func)
        if name in ROW_FUNCTIONS:
            return "a model instance"
        if name is not None and name.removesuffix("()") in LIVING:
            return LIVING[name.removesuffix("()")]
        if not isinstance(call.func, Attr):
            return None
        if call.func.attr == "save" and not call.args:
            return "a model instance" if self._saves(scope, call.func.base) else None
        if call.func.attr == "get" and len(call.args) >= 2:
            return self._row(scope, call.args[0])
        if call.func.attr in SQL_ROW_METHODS:
            return self._queried(scope, call)
        return None

    def _saves(self, scope: Scope, base: Expr) -> bool:
        """Whether `base.save()` gives a row: that of a form or serializer of a model."""
        target = self.project.target(scope, base)
        if target is None or not target.instance or target.scope is None:
            return False
        if any(child.name == "save" for child in target.scope.children):
            return False
        return any(a is not None and a.name in SAVING_BASES for a in self.project.names.ancestors(target.scope))

    def _queried(self, scope: Scope, call: Call) -> str | None:
        """`session.query(Order).filter(...).first()`, `session.scalars(select(Order)).one()`, `Order.query.first()`."""
        expr: Expr = call.func
        for _ in range(_QUERY_DEPTH):
            if isinstance(expr, Attr):
                if expr.attr == "query":
                    return self._row(scope, expr.base)
                expr = expr.base
                continue
            inner = scope.call(expr)
            if inner is None:
                return None
            if inner.attr == "query" and len(inner.args) == 1:
                return self._row(scope, inner.args[0])
            if inner.attr in ("scalars", "scalar") and len(inner.args) == 1:
                return self._selected(scope, inner.args[0])
            expr = inner.func
        return None

    def _selected(self, scope: Scope, expr: Expr) -> str | None:
        """What `select(Order).where(...)` selects."""
        for _ in range(_QUERY_DEPTH):
            inner = scope.call(expr)
            if inner is None:
                return None
            if inner.attr == "select":
                return self._row(scope, inner.args[0]) if len(inner.args) == 1 else None
            if not isinstance(inner.func, Attr):
                return None
            expr = inner.func.base
        return None

    def _row(self, scope: Scope, model: Expr) -> str | None:
        """A row of a model of SQLAlchemy."""
        cls = self.project.function(scope, model)
        if cls is None or cls.kind != "class":
            return None
        for ancestor in self.project.names.ancestors(cls):
            if ancestor is not None and ancestor.name.endswith(
                ("SQLAlchemy().Model", "declarative_base()", "sqlalchemy.orm.DeclarativeBase", "sqlmodel.SQLModel")
            ):
                return f"a row of `{cls.name}`"
        return None


def _binding(scope: Scope, name: Expr) -> Scope:
    """The function that binds a name which is used in `scope`."""
    here: Scope | None = scope
    while isinstance(name, Name) and here is not None and here.kind in ("function", "lambda"):
        if here.param(name.id) is not None or here.assigned(name.id) or any(i.name == name.id for i in here.imports):
            return here
        here = here.enclosing
    return scope


def _item_of_keywords(scope: Scope, expr: Expr) -> str | None:
    """The name of the item of a function's `**kwargs` that an expression is: `kwargs["x"]`, `kwargs.get("x")`."""
    call = scope.call(expr)
    if isinstance(expr, Sub):
        base, key = expr.base, expr.index
    elif call is not None and isinstance(call.func, Attr) and call.attr in ("get", "pop") and call.args:
        base, key = call.func.base, call.args[0]
    else:
        return None
    param = scope.param(base.id) if isinstance(base, Name) else None
    if param is None or param.kind != "var-keyword" or scope.assigned(param.name) or not isinstance(key, Const):
        return None
    return key.value if isinstance(key.value, str) else None


def _annotated(scope: Scope, name: Name) -> bool:
    param = scope.param(name.id)
    return param is not None and param.annotation is not None


def _is_abstract(project: Project, cls: Scope) -> bool:
    """Whether what is passed for the class may be of any other."""
    return any(a is None or a.name in ("typing.Protocol", "abc.ABC") for a in project.names.ancestors(cls))
