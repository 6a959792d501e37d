"""Modules of tasks that log without saying which task it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..model import UNKNOWN, Assign, Attr, Call, Expr, Finding, Module, Name, Scope
from ..per_project import per_project
from ..reads import reads
from ..roles import is_test_path
from ..rule import rule
from ..source import SourceError

if TYPE_CHECKING:
    from ..project import Project

_CONFIGURE = frozenset(
    {
        "logging.config.dictConfig", "logging.config.fileConfig", "logging.config.listen",
        "logging.setLogRecordFactory", "logging.setLoggerClass", "structlog.configure",
    }
)  # fmt: skip
_SIGNALS = frozenset({"setup_logging", "after_setup_logger", "after_setup_task_logger"})
_FORMATTER = "TaskFormatter"
_SETS_UP = re.compile(
    rb"\b(?:dictConfig|fileConfig|setLog\w+|structlog|\w*setup_\w*logg\w*|TaskFormatter)\b|^LOGGING\b", re.MULTILINE
)


@rule("CEL916")
def plain_logger_in_tasks(module: Module, project: Project) -> Iterator[Finding]:
    """`logging.getLogger(__name__)` in a module of tasks, where only tasks use it."""
    body = module.body
    if not any(call.attr == "getLogger" for call in body.calls) or not project.tasks_of(module):
        return
    for assign in body.assigns:
        call = body.call(assign.value)
        if call is None or not isinstance(assign.target, Name) or not _is_plain(project, body, call):
            continue
        if _only_tasks_use(project, module, assign) and not _is_task_logger(module):
            if not _arranges_logging(project, project.module_name(module)):
                yield Finding(
                    call.span,
                    f"`{assign.target.id}` is no task logger: what tasks log through it carries neither the task's "
                    "name nor its id",
                )


def _is_plain(project: Project, body: Scope, call: Call) -> bool:
    return (
        call.attr == "getLogger"
        and call.argument(0, "name") == Name("__name__")
        and project.name(body, call.func) == "logging.getLogger"
    )


def _is_task_logger(module: Module) -> bool:
    """Whether the logger of that name is made a task logger elsewhere in the module: there is one for each name."""
    return any(
        call.attr == "get_task_logger" and call.argument(0, "name") == Name("__name__")
        for scope in module.scopes
        for call in scope.calls
    )


def _only_tasks_use(project: Project, module: Module, assign: Assign) -> bool:
    """Whether some task uses the logger, and nothing that may run elsewhere."""
    assert isinstance(assign.target, Name)
    logger = assign.target
    if len(module.body.assigned(logger.id)) != 1:
        return False
    used = [scope for scope in module.scopes if any(expr == logger for expr, _ in reads(scope))]
    return (
        bool(used)
        and all(_runs_in_tasks(project, module, scope) for scope in used)
        and not _imported(project, module, logger.id)
    )


def _imported(project: Project, module: Module, name: str) -> bool:
    """Whether another module takes the logger from this one."""
    full = f"{project.module_name(module)}.{name}"
    for other in project.modules:
        if other is module:
            continue
        for imported in other.body.imports:
            if imported.name == name or imported.target.endswith(f".{name}"):
                found = project.names.imported(other, imported.target)
                if found is not None and found.variable == full:
                    return True
    return False


def _runs_in_tasks(project: Project, module: Module, scope: Scope) -> bool:
    """Whether a function runs in tasks only, as far as the project shows."""
    pending = [scope]
    seen: set[int] = set()
    while pending:
        here = pending.pop()
        while (
            here.enclosing is not None
            and here.enclosing.kind in ("function", "lambda")
            and project.task_of(here) is None
        ):
            here = here.enclosing
        if project.task_of(here) is not None:
            continue
        if (
            here.kind != "function"
            or here.index in seen
            or (here.enclosing is not None and here.enclosing.kind == "class")
        ):
            return False
        seen.add(here.index)
        callers = project.callers(here)
        if not callers or any(caller.module is not module for caller, _ in callers):
            return False
        pending.extend(caller for caller, _ in callers)
    return True


# --- logging that the project arranges itself


def _arranges_logging(project: Project, name: str) -> bool:
    """Whether the project may see to it that the lines of this logger carry the task."""
    if project.setting(None, "worker_hijack_root_logger").truth(default=True) is not True:
        return True
    arranged = _arranged(project)
    if arranged is None:
        return True
    return any(name == logger or name.startswith(f"{logger}.") or not logger for logger in arranged)


@per_project
def _arranged(project: Project) -> frozenset[str] | None:
    """The loggers that the project configures by name, None where it may do more than that."""
    found: set[str] = set()
    for module in _logging_modules(project):
        for imported in (i for scope in module.scopes for i in scope.imports):
            if imported.target.rpartition(".")[2] in (*_SIGNALS, _FORMATTER) or imported.target.startswith("structlog"):
                return None
        for scope in module.scopes:
            if any(_connects(decorator.expr) for decorator in scope.decorators):
                return None
            for call in scope.calls:
                if _connects(call.func):
                    return None
                name = project.name(scope, call.func) if call.attr in _LAST else None
                if name in _CONFIGURE and not _take(found, project.value(scope, call.argument(0, "config"))):
                    return None
            for assign in scope.assigns:
                if assign.target == Name("LOGGING") and not _take(found, project.value(scope, assign.value)):
                    return None
    return frozenset(found)


def _logging_modules(project: Project) -> Iterator[Module]:
    """The modules that say anything about how logging is set up, Celery or not."""
    for path in sorted(project.index.tree.python):
        if is_test_path(path):
            continue
        try:
            if not project.index.questions.contains(path, _SETS_UP):
                continue
        except SourceError:
            continue
        module = project.module(path)
        if module is not None:
            yield module


def _connects(expr: Expr) -> bool:
    """`signals.setup_logging.connect`."""
    return (
        isinstance(expr, Attr) and expr.attr == "connect" and isinstance(expr.base, Attr) and expr.base.attr in _SIGNALS
    )


_LAST = frozenset(name.rpartition(".")[2] for name in _CONFIGURE)


def _take(found: set[str], config: object) -> bool:
    """Add the loggers that a configuration names; tells whether these could be read."""
    if not isinstance(config, dict):
        return False
    loggers = config.get("loggers", {})
    if loggers is UNKNOWN or not isinstance(loggers, dict) or _FORMATTER in repr(config):
        return False
    found.update(name for name in loggers if isinstance(name, str))
    return True
