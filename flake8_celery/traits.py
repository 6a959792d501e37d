"""Traits of a module that rules ask all modules of a project for. The words in it tell them: no name is resolved."""

from __future__ import annotations

from .knowledge.limits import LIMITS
from .model import Const, Module, Sub, dotted
from .outlines import Positions

BACKEND = "CELERY_RESULT_BACKEND"
"""The environment variable that names the result backend."""
_LEVELS = ("worker_redirect_stdouts_level", "celery_redirect_stdouts_level", "celeryd_redirect_stdouts_level")


def imports_flask(module: Module) -> bool:
    """Whether a module imports from Flask anywhere."""
    return any(i.target.partition(".")[0] == "flask" for scope in module.scopes for i in scope.imports)


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
