"""What is derived of a module by nothing but its facts and kept beside them, so that a project can be known without a
look into most of its scopes.

All of it is what JSON can hold: positions of scopes, calls and assignments, and words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from .roles import is_test_path

if TYPE_CHECKING:
    from .model import Call, Module, Scope

T = TypeVar("T")
Positions = list[tuple[int, int]]
"""Positions of scopes in a module, each with that of a call in it."""


def key(of: Callable[[Module], object]) -> str:
    """The name under which what a function derives is kept."""
    return f"{of.__module__}.{of.__qualname__}"


def known(of: Callable[[Module], T], module: Module) -> T:
    """What a function derives of a module, as it is kept; else it is asked."""
    kept = module.outline.get(key(of))
    return of(module) if kept is None else kept  # type: ignore[return-value]


def outline(module: Module, *, concerns: bool = True, transactions: bool = True) -> dict[str, object]:
    """What is kept of a module: all for one that concerns Celery, what is called in one that opens transactions, little
    for what is read for its names only, and nothing for tests."""
    if is_test_path(module.path):
        return {}
    kept = _kept() if concerns else {**_kept_of_names(), **_kept_of_calls()} if transactions else _kept_of_names()
    return {name: of(module) for name, of in kept.items()}


def calls_at(module: Module, places: Iterable[tuple[int, int]]) -> Iterator[tuple[Scope, Call]]:
    """The calls at these places of a module, each with the scope it stands in."""
    for scope, call in places:
        here = module.scopes[scope]
        yield here, here.calls[call]


@cache
def _kept_of_names() -> dict[str, Callable[[Module], object]]:
    from . import tasks, traits

    return {key(function): function for function in (tasks.wrapping, traits.imports_flask)}


@cache
def _kept_of_calls() -> dict[str, Callable[[Module], object]]:
    from . import calls, receivers

    return {key(function): function for function in (calls.words, receivers.likely)}


@cache
def _kept() -> dict[str, Callable[[Module], object]]:
    from . import apps, calls, receivers, roots, schedule, settings, tasks, traits

    functions: list[Callable[[Module], object]] = [
        apps.words,
        calls.words,
        receivers.likely,
        roots.naming,
        schedule.likely,
        schedule.tabulating,
        settings.configuring,
        settings.naming_settings,
        tasks.decorated,
        tasks.direct,
        tasks.made,
        tasks.registering,
        tasks.wrapping,
        traits.adds_queues,
        traits.imports_flask,
        traits.inner_imports,
        traits.limiting,
        traits.naming_classes,
        traits.sets_backend,
        traits.sets_level,
    ]
    return {key(function): function for function in functions}
