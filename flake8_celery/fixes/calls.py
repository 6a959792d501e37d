"""The call that a finding is about, as a fact and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..model import Call, Module, Scope, Span


def call_at(module: Module, span: Span) -> tuple[Scope, Call] | None:
    """The call at a place, with the scope it stands in."""
    for scope in module.scopes:
        for call in scope.calls:
            if call.span == span:
                return scope, call
    return None


def is_rebound(scope: Scope, name: str) -> bool:
    """Whether a name of the module, or the first part of a dotted one, stands for something else in a function or
    class."""
    first = name.partition(".")[0]
    here: Scope | None = scope
    while here is not None and here.kind != "module":
        if here.param(first) is not None or here.assigned(first) or any(i.name == first for i in here.imports):
            return True
        if any(child.name == first and child.kind in ("function", "class") for child in here.children):
            return True
        if any(h.name == first for block in here.blocks for h in block.handlers):
            return True
        here = here.enclosing
    return False
