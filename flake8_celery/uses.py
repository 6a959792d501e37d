"""How a function uses a name: which of its attributes it reads or calls, and whether it uses it at all."""

from __future__ import annotations

from collections.abc import Iterator

from .frozen import dataclass
from .model import (
    Attr,
    Await,
    Choice,
    Comp,
    Dict,
    Expr,
    Format,
    Items,
    Name,
    Op,
    Scope,
    Star,
    Sub,
)


@dataclass(frozen=True)
class Uses:
    """`attributes` are those taken of the name, `alone` tells whether it is also used otherwise, as a value."""

    attributes: frozenset[str]
    alone: bool


def uses(function: Scope, name: str) -> Uses:
    """How a function, and what is nested in it, uses a plain name."""
    attributes: set[str] = set()
    alone = False
    for scope in _within(function, name):
        for whole in _expressions(scope):
            pending = [whole]
            while pending:
                expr = pending.pop()
                if expr == Name(name):
                    alone = True
                elif isinstance(expr, Attr) and expr.base == Name(name):
                    attributes.add(expr.attr)
                else:
                    pending.extend(parts(expr))
    return Uses(frozenset(attributes), alone)


def _within(scope: Scope, name: str) -> Iterator[Scope]:
    """The scope and those nested in it, without those that give the name another meaning."""
    yield scope
    for child in scope.children:
        if child.param(name) is None and not child.assigned(name):
            yield from _within(child, name)


def _expressions(scope: Scope) -> Iterator[Expr]:
    """The expressions of a scope, calls taken apart."""
    for call in scope.calls:
        yield call.func
        yield from call.args
        yield from (value for _, value in call.keywords)
    for assign in scope.assigns:
        yield assign.value
        if not isinstance(assign.target, Name):
            yield assign.target
    for value in [*(r.value for r in scope.returns), *(r.value for r in scope.raises)]:
        if value is not None:
            yield value
    for block in scope.blocks:
        if block.test is not None:
            yield block.test
        for handler in block.handlers:
            yield from handler.types
    for child in scope.children:
        for decorator in child.decorators:
            yield decorator.expr
        for param in child.params:
            if param.default is not None:
                yield param.default


def parts(expr: Expr) -> Iterator[Expr]:
    """What an expression is made of, calls not entered."""
    match expr:
        case Attr() | Star() | Await():
            yield expr.base if isinstance(expr, Attr) else expr.value
        case Sub():
            yield expr.base
            yield expr.index
        case Items():
            yield from expr.items
        case Dict():
            for key, value in expr.items:
                if key is not None:
                    yield key
                yield value
        case Op():
            yield from expr.operands
        case Choice():
            yield from (expr.test, expr.body, expr.orelse)
        case Format():
            yield from expr.parts
        case Comp():
            yield expr.element
            yield from expr.sources
