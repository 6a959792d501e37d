"""Tasks that are sent when a module is imported."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from flake8_celery.model import Attr, Call, Finding, Module, Name, Scope
from flake8_celery.reads import parts
from flake8_celery.roles import is_test_path
from flake8_celery.rule import rule

from ..per_project import per_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flake8_celery.project import Project

_SCRIPTS = frozenset({"__main__.py", "manage.py", "setup.py", "run.py", "wsgi.py", "asgi.py"})
_FOLDERS = frozenset({"scripts", "bin", "examples", "commands", "notebooks"})


@rule("CEL513")
def task_sent_at_import(module: Module, project: Project) -> Iterator[Finding]:
    """Tasks sent by the body of a module or class that other modules, or workers, import."""
    for scope in module.scopes:
        if not _runs_at_import(scope):
            continue
        for call in scope.calls:
            what = _sent(project, scope, call)
            if what is None or _is_guarded(scope, call) or not _is_imported(project, module):
                continue
            yield Finding(
                call.span,
                f"{what} whenever this module is imported: by each web process, worker, beat and command that starts",
            )


def _runs_at_import(scope: Scope) -> bool:
    """Whether the scope is the body of a module, or of a class outside of functions."""
    here: Scope | None = scope
    while here is not None and here.kind == "class":
        here = here.enclosing
    return here is not None and here.kind == "module"


def _sent(project: Project, scope: Scope, call: Call) -> str | None:
    """What a call sends, or runs, in words."""
    sent = project.sends(scope, call)
    if sent is not None:
        return f"{sent.what} is sent"
    if call.attr == "apply" and isinstance(call.func, Attr):
        task = project.task(scope, call.func.base)
        return f"`{task.function.name}` is run" if task is not None else None
    return None


def _is_guarded(scope: Scope, call: Call) -> bool:
    """Whether the call runs only where the file is the program itself."""
    outer = scope
    block = call.block
    while True:
        for _, around in outer.around(block):
            if around.test is not None and any(e == Name("__name__") for e in parts(around.test)):
                return True
        if outer.enclosing is None:
            return False
        outer, block = outer.enclosing, outer.block


def _is_imported(project: Project, module: Module) -> bool:
    """Whether the module is imported by another, or by workers because it has tasks."""
    folder, name = posixpath.split(module.path)
    if name in _SCRIPTS or _FOLDERS & set(folder.split("/")):
        return False
    if name == "tasks.py" and project.calls.named("autodiscover_tasks") and project.tasks_of(module):
        return True
    return module.path in _imported(project)


@per_project
def _imported(project: Project) -> frozenset[str]:
    """The files that other files of the project import, tests left out."""
    graph = project.index.imports
    return frozenset(
        found
        for path in project.index.tree.python
        if not is_test_path(path)
        for found in graph.of(path).ever
        if found != path
    )
