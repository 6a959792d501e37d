"""What Celery no longer has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..knowledge.removed import MODULES, NAMES, TASK_METHODS
from ..model import Attr, Call, Finding, Import, Module, Scope
from ..rule import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

_GUARDS = frozenset({"ImportError", "ModuleNotFoundError", "AttributeError", "Exception", "BaseException"})
_LAST_PARTS = frozenset(name.rpartition(".")[2] for name in (*MODULES, *NAMES)) | {"periodic_task", "PeriodicTask"}


@rule("CEL809")
def removed_api(module: Module, project: Project) -> Iterator[Finding]:
    """Imports and uses of modules, names and methods that are gone."""
    for scope in module.scopes:
        for imported in scope.imports:
            why = _gone(project, _asked(imported))
            if why is not None and not _is_guarded(project, scope, imported.block):
                yield Finding(imported.span, f"{why}: the import raises {_error(imported)}")
        yield from _uses(project, scope)
    for scope, call in project.called(module, TASK_METHODS):
        if _is_of_task(project, scope, call) and not _is_old(project, TASK_METHODS[call.attr or ""]):
            yield Finding(call.span, f"tasks have no `{call.attr}()` any more: this raises AttributeError")


def _asked(imported: Import) -> str:
    """What an import asks for: the name, or the module."""
    is_from = imported.target.startswith(imported.loads + ".")
    return imported.target if is_from else imported.loads


def _gone(project: Project, name: str) -> str | None:
    """What is gone of a dotted name, with the version."""
    parts = name.split(".")
    if parts[0] != "celery":
        return None
    for length in range(len(parts), 1, -1):
        part = ".".join(parts[:length])
        since = MODULES.get(part) or (NAMES.get(part) if length == len(parts) else None)
        if since is not None:
            return None if _is_old(project, since) else f"`{part}` is gone since Celery {since[0]}.{since[1]}"
    return None


def _error(imported: Import) -> str:
    name = _asked(imported)
    is_from = name != imported.loads
    return "ImportError" if is_from and (name in NAMES or name in MODULES) else "ModuleNotFoundError"


def _is_old(project: Project, since: tuple[int, int]) -> bool:
    """Whether the project may run a Celery that still has it."""
    version = project.celery_version()
    return version is not None and version.is_before(*since)


def _is_guarded(project: Project, scope: Scope, block: int) -> bool:
    """Whether the code is prepared for the failure, or runs only on a version that has it."""
    for _, around in scope.around(block):
        if around.kind in ("if", "else", "except"):
            return True
        for handler in around.handlers:
            names = {(project.name(scope, t) or "").removeprefix("builtins.") for t in handler.types}
            if not handler.types or names & _GUARDS:
                return True
    return False


def _uses(project: Project, scope: Scope) -> Iterator[Finding]:
    """`@celery.task` and the like, reached through an attribute of the package."""
    for decorator in scope.decorators:
        outer = scope.enclosing
        call = outer.call(decorator.expr) if outer is not None else None
        expr = call.func if call is not None else decorator.expr
        if outer is not None and isinstance(expr, Attr) and expr.attr in _LAST_PARTS:
            why = _attribute(project, outer, expr)
            if why is not None:
                yield Finding(decorator.span, why)
    for call in scope.calls:
        if call.use != "decorator" and isinstance(call.func, Attr) and call.func.attr in _LAST_PARTS:
            why = _attribute(project, scope, call.func)
            if why is not None and not _is_guarded(project, scope, call.block):
                yield Finding(call.span, why)


def _attribute(project: Project, scope: Scope, expr: Attr) -> str | None:
    target = project.target(scope, expr)
    if target is None or target.module is not None or target.scope is not None or target.made is not None:
        return None
    why = _gone(project, target.name)
    if why is None or _is_imported(project, scope, target.name):
        return None
    return f"{why}: this raises AttributeError"


def _is_imported(project: Project, scope: Scope, name: str) -> bool:
    """Whether an import brings in what is gone, and is reported itself."""
    asked = {_asked(i) for s in scope.module.scopes for i in s.imports}
    return any(f"{name}.".startswith(f"{other}.") and _gone(project, other) is not None for other in asked)


def _is_of_task(project: Project, scope: Scope, call: Call) -> bool:
    """Whether a method is called on a task whose class does not have it."""
    if not isinstance(call.func, Attr):
        return False
    task = project.task(scope, call.func.base)
    if task is None:
        return False
    cls, known = project.base_class(task)
    if cls is None:
        return known
    ancestors = list(project.names.ancestors(cls))
    classes = [cls, *(a.scope for a in ancestors if a is not None and a.scope is not None)]
    has = any(c.assigned(call.attr or "") or any(child.name == call.attr for child in c.children) for c in classes)
    return None not in ancestors and not has
