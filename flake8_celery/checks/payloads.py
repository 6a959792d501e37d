"""Results and arguments that carry data instead of a key to it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flake8_celery.knowledge.large_values import (
    DOWNLOAD_ATTRIBUTES,
    DOWNLOAD_CALLS,
    DOWNLOADS,
    ENCODERS,
    ENCODING_METHODS,
    FILE_MAKERS,
    FILE_METHODS,
    FILLED,
    FRAME_EXPORTS,
    FRAME_KEEPING,
    FRAME_READERS,
    LITERAL_LIMIT,
    MANAGERS,
    PATHS,
    QUERY_READERS,
    QUERY_STEPS,
    ROW_MAKERS,
    ROW_METHODS,
    UPLOAD_TABLES,
    UPLOADS,
)
from flake8_celery.model import (
    Attr,
    Await,
    Call,
    CallRef,
    Choice,
    Comp,
    Const,
    Dict,
    Expr,
    Finding,
    Format,
    Items,
    Module,
    Name,
    Op,
    Opaque,
    Scope,
    Sub,
)
from flake8_celery.rule import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flake8_celery.project import Project

_FILE = "the content of a file"
_UPLOAD = "the content of an uploaded file"
_RESPONSE = "the body of a response"
_FRAME = "a whole data frame"
_ROWS = "all rows of a query"
_BOUNDED_QUERY = re.compile(r"\b(limit|top|fetch|group\s+by|count|sum|avg|min|max)\b", re.IGNORECASE)


@rule("CEL601")
def large_return(module: Module, project: Project) -> Iterator[Finding]:
    """Return values that grow with the data, of tasks whose results are stored."""
    for task in project.running_tasks_of(module):
        if project.option(task, "ignore_result").truth(default=False) is not False:
            continue
        if project.setting(task, "result_backend").is_unset:
            continue
        if task.function.is_async or task.function.is_generator:
            continue
        for returned in task.function.returns:
            what = Sizes(project, task.function).large(returned.value)
            if what is not None:
                yield Finding(
                    returned.span, f"`{task.function.name}` returns {what}, which the result backend keeps for each run"
                )


@rule("CEL604")
def large_payload_argument(module: Module, project: Project) -> Iterator[Finding]:
    """Arguments of tasks that grow with the data."""
    for scope in module.scopes:
        for call in scope.calls:
            sent = project.dispatch(scope, call)
            if sent is None or sent.method == "apply" or (sent.task is None and sent.name is None):
                continue
            sizes = Sizes(project, sent.scope)
            for value in (*(sent.args or ()), *(v for _, v in sent.kwargs or ())):
                what = sizes.large(value)
                if what is not None:
                    name = sent.task.function.name if sent.task is not None else sent.name
                    yield Finding(
                        call.span,
                        f"the message for `{name}` carries {what}, which the broker keeps and each retry copies",
                    )
                    break


@dataclass
class Sizes:
    """Which expressions of a scope are large for certain."""

    project: Project
    scope: Scope
    _open: set[Expr] = field(default_factory=set)

    def large(self, expr: Expr | None) -> str | None:
        """What makes the value of an expression large; None where nothing shows that it is."""
        if expr is None or expr in self._open:
            return None
        self._open.add(expr)
        try:
            return self._large(expr)
        finally:
            self._open.discard(expr)

    def _large(self, expr: Expr) -> str | None:
        match expr:
            case Const():
                size = len(expr.value) if isinstance(expr.value, str) else 0
                return f"a text of {size} characters" if size > LITERAL_LIMIT else None
            case Name():
                return self._variable(expr.id)
            case Await():
                return self.large(expr.value)
            case Items():
                return self._first(expr.items)
            case Dict():
                return self._first(tuple(value for _, value in expr.items))
            case Format():
                return self._first(expr.parts)
            case Choice():
                return self._first((expr.body, expr.orelse))
            case Op(operator="*"):
                return self._repeated(expr)
            case Op():
                return self._first(expr.operands) if expr.operator in ("+", "or", "and") else None
            case Comp():
                return self._comprehension(expr)
            case Attr():
                return self._attribute(expr)
            case CallRef():
                return self._call(self.scope.calls[expr.index])
        return None

    def _first(self, parts: tuple[Expr, ...]) -> str | None:
        return next((what for what in map(self.large, parts) if what is not None), None)

    def _repeated(self, expr: Op) -> str | None:
        """A text or bytes, written out and repeated: `b"1" * 1024 * 1024`."""
        size, unit = 1, ""
        pending = list(expr.operands)
        while pending:
            match pending.pop():
                case Op(operator="*", operands=inner):
                    pending += inner
                case Const(value=str() as text) if not unit:
                    size, unit = size * len(text), "characters"
                case Opaque(kind="bytes") if not unit:
                    unit = "bytes"
                case part:
                    factor = self.project.value(self.scope, part)
                    if not isinstance(factor, int):
                        return None
                    size *= factor
        return f"{size} {unit}" if unit and size > LITERAL_LIMIT else None

    def _instance(self, cls: Scope) -> str | None:
        """An object that its `__init__` fills with something large."""
        making = next((c for c in cls.children if c.name == "__init__" and c.params), None)
        if making is None:
            return None
        own = Name(making.params[0].name)
        sizes = Sizes(self.project, making)
        for assign in making.assigns:
            if isinstance(assign.target, Attr) and assign.target.base == own and assign.block < 0:
                what = sizes.large(assign.value) if assign.operator == "=" else None
                if what is not None:
                    return f"an instance of `{cls.name}` with {what}"
        return None

    def _variable(self, name: str) -> str | None:
        """A local variable is large where every binding of it is."""
        assigns = self.scope.assigned(name)
        if not assigns or any(a.operator != "=" for a in assigns) or name in self.scope.globals:
            return None
        found = {self.large(a.value) for a in assigns if not _is_empty(a.value)}
        return found.pop() if len(found) == 1 else None

    def _comprehension(self, expr: Comp) -> str | None:
        if expr.kind not in ("list", "dict", "set") or len(expr.sources) != 1:
            return None
        if self._is_queryset(expr.sources[0]) and self._is_row(expr.element):
            return _ROWS
        return None

    def _is_row(self, element: Expr) -> bool:
        """Whether the element of a comprehension is more than a key or a single column."""
        match element:
            case Dict():
                return len(element.items) > 1
            case Items():
                return any(self._is_row(i) for i in element.items)
            case CallRef():
                call = self.scope.calls[element.index]
                if self.project.name(self.scope, call.func) in ROW_MAKERS:
                    return True
                return isinstance(call.func, Attr) and call.func.attr in ROW_METHODS
        return False

    def _attribute(self, expr: Attr) -> str | None:
        if expr.attr in DOWNLOAD_ATTRIBUTES and self._name(expr.base) in DOWNLOADS:
            return _RESPONSE
        if expr.attr == "data":
            call = self.scope.call(self._origin(expr.base))
            if (
                call is not None
                and call.keyword("many") == Const(True)
                and call.args
                and self._is_queryset(call.args[0])
            ):
                return _ROWS
        return None

    def _call(self, call: Call) -> str | None:
        name = self.project.name(self.scope, call.func) or ""
        cls = self.project.function(self.scope, call.func)
        if cls is not None and cls.kind == "class":
            return self._instance(cls)
        if name in FILLED and len(call.args) == 1:
            size = self.project.value(self.scope, call.args[0])
            return f"{size} bytes" if isinstance(size, int) and size > LITERAL_LIMIT else None
        if name in PATHS:
            return None if self._has_fixed_path(call.func) else _FILE
        if name in DOWNLOAD_CALLS:
            return _RESPONSE if not call.args else None
        if name in ENCODERS and call.args:
            if name in ("builtins.list", "builtins.tuple", "builtins.sorted") and self._is_queryset(call.args[0]):
                return _ROWS
            return self.large(call.args[0])
        if name == "django.core.serializers.serialize" and len(call.args) > 1:
            return _ROWS if self._is_queryset(call.args[1]) else None
        if not isinstance(call.func, Attr):
            return None
        base = call.func.base
        if call.func.attr in FILE_METHODS and not call.args:
            return self._read(base)
        if call.func.attr in FRAME_EXPORTS and not any(k in ("path_or_buf", "buf", "file") for k, _ in call.keywords):
            to_path = call.func.attr not in ("to_dict", "to_dicts") and call.args
            return _FRAME if not to_path and self._is_frame(base) else None
        if call.func.attr in ENCODING_METHODS:
            return self.large(base)
        return None

    def _read(self, base: Expr) -> str | None:
        """`x.read()`: x is an uploaded file, or a file whose path is not fixed."""
        name = (self._name(base) or "").removesuffix(".file").removesuffix("()")
        if name in UPLOADS:
            return _UPLOAD
        origin = self._origin(base)
        table = origin.base if isinstance(origin, Sub) else None
        call = self.scope.call(origin)
        if call is not None and call.attr == "get" and isinstance(call.func, Attr):
            table = call.func.base
        last = table.attr if isinstance(table, Attr) else table.id if isinstance(table, Name) else ""
        if last in UPLOAD_TABLES:
            return _UPLOAD
        if call is not None and self.project.name(self.scope, call.func) in FILE_MAKERS:
            path = call.argument(0, "file")
            fixed = isinstance(path, Const) if path is not None else self._has_fixed_path(call.func)
            return None if fixed else _FILE
        return None

    def _has_fixed_path(self, func: Expr) -> bool:
        """Whether `Path("name").read_text` names a file that belongs to the program."""
        made = self.scope.call(self._origin(func.base)) if isinstance(func, Attr) else None
        return made is None or not made.args or all(isinstance(a, Const) for a in made.args)

    def _is_frame(self, expr: Expr) -> bool:
        if expr in self._open:
            return True  # `frame = frame.dropna()` is decided by the other bindings
        if isinstance(expr, Name):
            assigns = self.scope.assigned(expr.id)
            self._open.add(expr)
            try:
                return bool(assigns) and all(a.operator == "=" and self._is_frame(a.value) for a in assigns)
            finally:
                self._open.discard(expr)
        call = self.scope.call(expr)
        if call is None:
            return False
        name = self.project.name(self.scope, call.func)
        if name in FRAME_READERS:
            return call.keyword("nrows") is None and call.keyword("chunksize") is None
        if name in QUERY_READERS:
            query = self.project.value(self.scope, call.argument(0, "sql"))
            return isinstance(query, str) and not _BOUNDED_QUERY.search(query)
        return isinstance(call.func, Attr) and call.func.attr in FRAME_KEEPING and self._is_frame(call.func.base)

    def _is_queryset(self, expr: Expr) -> bool:
        """Whether an expression is a Django queryset whose number of rows nothing bounds."""
        open_ended = False
        expr = self._origin(expr)
        while (call := self.scope.call(expr)) is not None and isinstance(call.func, Attr):
            if call.func.attr not in QUERY_STEPS or not self._is_open(call):
                return False
            open_ended = True
            expr = self._origin(call.func.base)
        return open_ended and isinstance(expr, Attr) and expr.attr in MANAGERS

    def _is_open(self, call: Call) -> bool:
        """Whether a queryset's method leaves open how many rows there are, and how large each is."""
        if call.attr in ("values", "values_list"):
            fields = [a.value for a in call.args if isinstance(a, Const)]
            if call.keyword("flat") is not None or (call.args and all(_is_key(f) for f in fields)):
                return False
            return not call.has_spread
        if call.attr == "annotate":
            return not isinstance(call.func, Attr) or not self._groups(call.func.base)
        if call.attr == "filter":
            if call.args or call.has_spread:
                return False
            return all(k is not None and _keeps_open(k, v) for k, v in call.keywords)
        return True

    def _groups(self, expr: Expr) -> bool:
        """`values(...).annotate(...)` gives one row for each group."""
        call = self.scope.call(self._origin(expr))
        return call is not None and call.attr in ("values", "values_list")

    def _name(self, expr: Expr) -> str | None:
        return self.project.name(self.scope, expr)

    def _origin(self, expr: Expr) -> Expr:
        """What a variable that is bound once was bound to, through `await`."""
        for _ in range(10):
            if isinstance(expr, Await):
                expr = expr.value
            elif isinstance(expr, Name):
                assigns = self.scope.assigned(expr.id)
                if len(assigns) != 1 or assigns[0].operator not in ("=", "with"):
                    return expr
                expr = assigns[0].value
            else:
                return expr
        return expr


def _is_empty(expr: Expr) -> bool:
    return (isinstance(expr, Const) and not expr.value) or (isinstance(expr, Items | Dict) and not expr.items)


def _is_key(field_name: object) -> bool:
    return isinstance(field_name, str) and (
        field_name in ("id", "pk", "uuid", "slug") or field_name.endswith(("_id", "__pk"))
    )


def _keeps_open(lookup: str, value: Expr) -> bool:
    """Whether a filter is on a property, such as `open=True`, and not on one owner, or a list of keys."""
    last = lookup.rpartition("__")[2]
    if last in ("lt", "lte", "gt", "gte", "isnull", "range"):
        return not _is_key(lookup.rpartition("__")[0])
    return isinstance(value, Const) and not _is_key(lookup)
