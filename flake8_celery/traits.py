"""Traits of a module that rules ask all modules of a project for. The words in it tell them: no name is resolved."""

from __future__ import annotations

from collections.abc import Iterator

from .knowledge.limits import LIMITS
from .model import Const, Module, Sub, dotted
from .outlines import Positions, known

BACKEND = "CELERY_RESULT_BACKEND"
"""The environment variable that names the result backend."""
_ADDING = frozenset({"add_consumer", "worker_main", "Worker", "WorkController", "select", "select_add"})
_LEVELS = ("worker_redirect_stdouts_level", "celery_redirect_stdouts_level", "celeryd_redirect_stdouts_level")


def imports_flask(module: Module) -> bool:
    """Whether a module imports from Flask anywhere."""
    return any(i.target.partition(".")[0] == "flask" for scope in module.scopes for i in scope.imports)


def inner_imports(module: Module) -> list[tuple[str, str, str]]:
    """What functions and classes of a module import: the local name, what it stands for, and what is loaded."""
    return [(i.name, i.target, i.loads) for scope in module.scopes[1:] for i in scope.imports]


def imports(module: Module) -> Iterator[tuple[str, str, str]]:
    """What a module imports anywhere, as `inner_imports` has it."""
    for i in module.body.imports:
        yield i.name, i.target, i.loads
    yield from known(inner_imports, module)


def naming_classes(module: Module) -> list[int]:
    """The positions of classes that have a variable `name`, as those of tasks do."""
    return [scope.index for scope in module.scopes if scope.kind == "class" and scope.assigned("name")]


def adds_queues(module: Module) -> bool:
    """Whether a module starts workers, or tells running ones to read further queues."""
    for scope in module.scopes:
        for call in scope.calls:
            if call.attr in _ADDING and (call.attr.startswith(("add_", "worker_")) or "queues" in dict(call.keywords)):
                return True
            if any(isinstance(arg, Const) and arg.value == "add_consumer" for arg in call.args):
                return True
    return False


def limiting(module: Module) -> Positions:
    """The calls of a module that give a time limit."""
    return [
        (scope.index, index)
        for scope in module.scopes
        for index, call in enumerate(scope.calls)
        if call.keywords and any(key in LIMITS for key, _ in call.keywords)
    ]


def sets_backend(module: Module) -> bool:
    """Whether a module sets the environment variable of the result backend."""
    for scope in module.scopes:
        if any(isinstance(a.target, Sub) and a.target.index == Const(BACKEND) for a in scope.assigns):
            return True
        if any(c.attr in ("setdefault", "putenv") and Const(BACKEND) in c.args for c in scope.calls):
            return True
    return False


def sets_level(module: Module) -> bool:
    """Whether a module sets the level of redirected output."""
    targets = (dotted(a.target) or "" for scope in module.scopes for a in scope.assigns)
    return any(target.lower().endswith(_LEVELS) for target in targets)
