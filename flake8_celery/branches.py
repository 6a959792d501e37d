"""Which parts of a function exclude each other."""

from __future__ import annotations

from collections.abc import Iterator

from .model import Scope

_OPPOSITE = {"if": "else", "else": "if"}


def other_sides(scope: Scope, block: int) -> Iterator[int]:
    """The blocks of the same `if` statement that are not run where this one is."""
    here = scope.blocks[block]
    opposite = _OPPOSITE.get(here.kind)
    for index, side in enumerate(scope.blocks):
        if side.kind == opposite and side.parent == here.parent and side.test == here.test:
            yield index


def apart(scope: Scope, one: int, other: int) -> bool:
    """Whether the code of two blocks is never run both: they are sides of one `if`, or the first of them leaves."""
    for index, block in scope.around(one):
        if any(scope.inside(other, side) for side in other_sides(scope, index)):
            return True
        if block.kind in ("if", "else", "except") and not scope.inside(other, index):
            if index in [*(_out_of_with(scope, r.block) for r in scope.returns), *(r.block for r in scope.raises)]:
                return True
    return False


def _out_of_with(scope: Scope, block: int) -> int:
    """The block that a `return` certainly leaves: a `with` around it holds nothing back."""
    while block >= 0 and scope.blocks[block].kind == "with":
        block = scope.blocks[block].parent
    return block
