"""The expressions that a scope evaluates, down to single names: what it reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .model import Attr, Await, Choice, Comp, Dict, Expr, Format, Items, Op, Scope, Span, Star, Sub


def parts(expr: Expr) -> Iterator[Expr]:
    """An expression and all that it is made of. Calls come as they are: what they are made of is in `scope.calls`."""
    pending = [expr]
    while pending:
        here = pending.pop()
        yield here
        match here:
            case Attr():
                pending.append(here.base)
            case Sub():
                pending += (here.base, here.index)
            case Items(items=inner) | Op(operands=inner) | Format(parts=inner):
                pending += inner
            case Dict():
                pending += (part for item in here.items for part in item if part is not None)
            case Choice():
                pending += (here.test, here.body, here.orelse)
            case Star() | Await():
                pending.append(here.value)
            case Comp():
                pending += (here.element, *here.sources)


def reads(scope: Scope) -> Iterator[tuple[Expr, Span]]:
    """Every expression that the scope evaluates, down to names, with the place of the call, binding or statement it
    is part of.

    Names that are assigned are not read, what they are assigned is. Conditions of comprehensions and guards of `case`
    are not kept in the facts, but for the calls in them.
    """
    for roots, span in _roots(scope):
        for root in roots:
            for part in parts(root):
                yield part, span


def _roots(scope: Scope) -> Iterator[tuple[Iterable[Expr], Span]]:
    for call in scope.calls:
        yield (call.func, *call.args, *(value for _, value in call.keywords)), call.span
    for assign in scope.assigns:
        place = assign.target
        held = (place.base, place.index) if isinstance(place, Sub) else (place.base,) if isinstance(place, Attr) else ()
        yield (assign.value, *held), assign.span
        if assign.operator not in ("=", ":=", "for", "with", "except", "del"):
            yield (place,), assign.span
    for returned in scope.returns:
        if returned.value is not None:
            yield (returned.value,), returned.span
    for raised in scope.raises:
        if raised.value is not None:
            yield (raised.value,), raised.span
    for block in scope.blocks:
        # an `else` repeats the condition of its `if`
        if block.test is not None and block.kind != "else":
            yield (block.test,), block.span
    for bare in scope.bare:
        yield (bare.expr,), bare.span


__all__ = ["parts", "reads"]
