"""What gathers the facts of a file, whichever parser the syntax comes from: `facts.py` walks over libcst's trees,
`plain_facts.py` over those of Python itself."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .garbage import uncollected
from .model import (
    NOWHERE,
    Assign,
    Bare,
    Block,
    Call,
    Const,
    Decorator,
    Expr,
    Flow,
    Format,
    Import,
    Module,
    Op,
    Param,
    Raise,
    Return,
    Scope,
    Span,
)
from .source import Source, SourceError

RECURSION = 20_000
TASK = Const("task")
_ALL_NAMES = ("locals", "vars", "eval", "exec", "super")
"""What reads names without naming them."""


def fold(operator: str, left: Expr, right: Expr) -> Expr:
    """The operation, computed when both sides are plain numbers or both are strings that are added."""
    if isinstance(left, Const) and isinstance(right, Const):
        a, b = left.value, right.value
        if isinstance(a, str) and isinstance(b, str) and operator == "+":
            return Const(a + b)
        if type(a) in (int, float) and type(b) in (int, float):
            assert isinstance(a, int | float)
            assert isinstance(b, int | float)
            try:
                match operator:
                    case "+":
                        return Const(a + b)
                    case "-":
                        return Const(a - b)
                    case "*":
                        return Const(a * b)
                    case "/":
                        return Const(a / b)
                    case "//":
                        return Const(a // b)
                    case "**" if abs(b) <= 64 and abs(a) <= 1_000_000:
                        power = a**b
                        if isinstance(power, int | float):
                            return Const(power)
            except (ZeroDivisionError, OverflowError):
                pass
    return Op(operator, (left, right))


def merged(parts: Iterable[Expr]) -> Format:
    """A string of parts, neighbouring constants joined."""
    found: list[Expr] = []
    for part in parts:
        if isinstance(part, Const) and isinstance(part.value, str):
            if not part.value:
                continue
            last = found[-1] if found else None
            if isinstance(last, Const) and isinstance(last.value, str):
                found[-1] = Const(last.value + part.value)
                continue
        found.append(part)
    return Format(tuple(found))


@dataclass(slots=True)
class Open:
    """A scope while its facts are gathered."""

    kind: str
    name: str
    qualname: str
    index: int
    parent: int
    block: int
    span: Span
    params: tuple[Param, ...] = ()
    decorators: tuple[Decorator, ...] = ()
    bases: tuple[Expr, ...] = ()
    keywords: tuple[tuple[str | None, Expr], ...] = ()
    is_async: bool = False
    blocks: list[Block] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    assigns: list[Assign] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    raises: list[Raise] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    globals: list[str] = field(default_factory=list)
    bare: list[Bare] = field(default_factory=list)
    unread: tuple[str, ...] = ()

    def close(self) -> Scope:
        return Scope(
            self.kind, self.name, self.qualname, self.index, self.parent, self.block, self.span, self.params,
            self.decorators, self.bases, self.keywords, self.is_async, tuple(self.blocks), tuple(self.calls),
            tuple(self.assigns), tuple(self.imports), tuple(self.returns), tuple(self.raises), tuple(self.flows),
            tuple(self.globals), tuple(self.bare), self.unread,
        )  # fmt: skip


class Gathering:
    """The scopes of a file while it is walked over. Two walks over parts of one file share `scopes`."""

    def __init__(self, scopes: list[Open] | None = None) -> None:
        self.scopes: list[Open] = [] if scopes is None else scopes
        self.here = -1
        self.block = -1
        self.read: set[str] = set()

    def _open(self, kind: str, name: str, span: Span, **more: object) -> Open:
        if self.here < 0:
            qualname = ""
        else:
            outer = self.scopes[self.here].qualname
            qualname = f"{outer}.{name}" if outer else name
        scope = Open(kind, name, qualname, len(self.scopes), self.here, self.block, span, **more)  # type: ignore[arg-type]
        self.scopes.append(scope)
        return scope

    @property
    def scope(self) -> Open:
        return self.scopes[self.here]

    def _within(self, scope: Open, work: Callable[[], None]) -> None:
        outer = self.here, self.block
        read, self.read = self.read, set()
        self.here, self.block = scope.index, -1
        work()
        self.here, self.block = outer
        if scope.params and self.read.isdisjoint(_ALL_NAMES):
            scope.unread = tuple(param.name for param in scope.params if param.name not in self.read)
        self.read |= read

    @contextmanager
    def in_module(self) -> Iterator[None]:
        """What is walked over meanwhile are the statements of the module, one after the other."""
        scope = self._open("module", "", NOWHERE)
        self.here, self.block = scope.index, -1
        yield
        self.here, self.block = -1, -1

    def close(self, path: str) -> Module:
        """The facts, when all is walked over and placed."""
        return Module(path, tuple(scope.close() for scope in self.scopes))


@contextmanager
def deep(source: Source) -> Iterator[None]:
    """Trees are made and walked over meanwhile. Raises SourceError where one is nested too deeply."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, RECURSION))
    try:
        with uncollected():
            yield
    except RecursionError as error:
        raise SourceError(source.path, 1, "nested too deeply to analyse") from error
    finally:
        sys.setrecursionlimit(limit)
