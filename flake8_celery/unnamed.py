"""Functions that only one of two texts of a file has, as far as nobody else can know them.

They may come, go or change in a file that is read for what others name in it, and for nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace

from .alike import same
from .kept_names import in_facts, named
from .model import Module, Name, Scope
from .packing import store, texts


def without_unnamed(
    before: Module, now: Module, is_known: Callable[[Collection[str]], bool], called: Collection[str]
) -> tuple[Module, Module] | None:
    """Two versions of a module without the functions that differ; None where there is none, or where one of them may
    matter to others.

    `is_known` tells whether any other file may have one of some names. `called` are the names of what others want to
    know the callers of. Raises ValueError where facts cannot be stored, RecursionError where they are too deep.
    """
    one, other = _functions(before), _functions(now)
    differing = {name for name in {*one, *other} if not _same(one.get(name), other.get(name))}
    functions = [(m, known[name]) for m, known in ((before, one), (now, other)) for name in differing if name in known]
    if not functions or not all(_is_quiet(module, function, called) for module, function in functions):
        return None
    reduced = _without(before, differing), _without(now, differing)
    if reduced[0] is None or reduced[1] is None or is_known(differing):
        return None
    words = in_facts(differing)
    if any(named(words, texts(store(module, {}))) for module in reduced if module is not None):
        return None
    held = {name for module, function in functions for name in _held(module, function)}
    return None if held and is_known(held) else (reduced[0], reduced[1])


def _functions(module: Module) -> dict[str, Scope]:
    """The functions of a module's body, by their names, but for those that have the same name as another one."""
    found = [scope for scope in module.scopes if scope.kind == "function" and scope.parent == 0 and scope.block == -1]
    counts = Counter(scope.name for scope in module.scopes if scope.parent == 0)
    return {scope.name: scope for scope in found if counts[scope.name] == 1}


def _is_quiet(module: Module, function: Scope, called: Collection[str]) -> bool:
    """Whether a function changes nothing but its own names, as far as others ask, and nothing is nested in it."""
    if module.nested(function.index) or function.imports or function.globals or function.name.startswith("__"):
        return False
    if not all(isinstance(assign.target, Name) for assign in function.assigns):
        return False
    return all(call.attr is not None and call.attr not in called for call in function.calls)


def _held(module: Module, function: Scope) -> set[str]:
    """What the module's body assigns, and the function may change."""
    names = {assign.target.id for assign in module.body.assigns if isinstance(assign.target, Name)}
    text = repr(function)
    return {name for name in names if name in text}


def _without(module: Module, functions: Collection[str]) -> Module | None:
    """A module without some functions of its body, None where what is left names scopes by their numbers."""
    gone = {scope.index for scope in module.scopes if scope.parent == 0 and scope.name in functions}
    kept = [scope for scope in module.scopes if scope.index not in gone]
    if gone and any(scope.kind == "lambda" and scope.index > min(gone) for scope in kept):
        return None
    numbers = {scope.index: number for number, scope in enumerate(kept)} | {-1: -1}
    return Module(module.path, tuple(replace(s, index=numbers[s.index], parent=numbers[s.parent]) for s in kept))


def _same(one: Scope | None, other: Scope | None) -> bool:
    """Whether functions are the same but for their places and numbers."""
    if one is None or other is None:
        return False
    return same(replace(one, index=0), replace(other, index=0), lambda *_: None)


__all__ = ["without_unnamed"]
