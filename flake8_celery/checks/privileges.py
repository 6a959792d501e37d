"""Workers that may run as root although they accept code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import Attr, Call, Const, Dict, Expr, Finding, Items, Module, Sub, Variable
from ..rule import DeploymentFinding, deployment_rule, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

_VARIABLE = "C_FORCE_ROOT"
_KEY = Const(_VARIABLE)
_MESSAGE = f"`{_VARIABLE}` takes away Celery's guard: a worker that accepts pickle then starts as root too"


@deployment_rule("CEL812")
def c_force_root_in_files(project: Project) -> Iterator[DeploymentFinding]:
    """The variable in deployment files; any text but an empty one counts as yes."""
    for variable in project.deployment.variables:
        if variable.name == _VARIABLE and variable.value.strip("'\"") and _may_start_worker(project, variable):
            yield DeploymentFinding(variable, _MESSAGE)


def _may_start_worker(project: Project, variable: Variable) -> bool:
    """Whether a worker that may be root is started where the variable is set, as far as can be seen."""
    place = (variable.path, variable.service, variable.container)
    started = [c for c in project.deployment.commands if (c.path, c.service, c.container) == place]
    if not variable.service:
        return True
    if started:
        return any(c.program in ("worker", "") and c.option("--uid") in (None, "", "0", "root") for c in started)
    # where no command can be seen, the names of a pod's containers tell them apart
    beside = {v.container for v in project.deployment.variables if (v.path, v.service) == place[:2]}
    workers = {name for name in beside if any(word in name.lower() for word in ("celery", "worker"))}
    return not workers or variable.container in workers


@rule("CEL812")
def c_force_root(module: Module, project: Project) -> Iterator[Finding]:
    """The variable set by Python code, and the constant that older versions made of it."""
    if _starts_others(module):
        return
    for scope in module.scopes:
        for assign in scope.assigns:
            target = assign.target
            if isinstance(target, Sub) and target.index == _KEY and not _is_off(assign.value):
                if project.name(scope, target.base) == "os.environ":
                    yield Finding(assign.span, _MESSAGE)
            elif isinstance(target, Attr) and target.attr == _VARIABLE and not _is_off(assign.value):
                if project.name(scope, target.base) == "celery.platforms":
                    yield Finding(assign.span, _constant(project))
    for scope, call in project.called(module, ("setdefault", "putenv", "update")):
        if _sets(call) and project.name(scope, call.func) in ("os.putenv", f"os.environ.{call.attr}"):
            yield Finding(call.span, _MESSAGE)


def _starts_others(module: Module) -> bool:
    """Whether the module starts programs of Celery, but no worker."""
    started: set[object] = set()
    for scope in module.scopes:
        given = [a.value for a in scope.assigns] + [r.value for r in scope.returns if r.value is not None]
        for expr in (*given, *(arg for call in scope.calls for arg in call.args)):
            words = [i.value for i in expr.items if isinstance(i, Const)] if isinstance(expr, Items) else []
            if words[:1] == ["celery"]:
                started.update(words)
    return not started.isdisjoint(("beat", "events", "flower")) and started.isdisjoint(("worker", "multi"))


def _constant(project: Project) -> str:
    version = project.celery_version()
    if version is not None and version.is_before(5, 1):
        return _MESSAGE
    return f"`celery.platforms.{_VARIABLE}` does nothing since Celery 5.1: a worker that accepts pickle refuses root"


def _sets(call: Call) -> bool:
    if call.attr == "update":
        given = [call.keyword(_VARIABLE), *(d.at(_VARIABLE) for d in call.args if isinstance(d, Dict))]
        return any(value is not None and not _is_off(value) for value in given)
    return len(call.args) == 2 and call.args[0] == _KEY and not _is_off(call.args[1])


def _is_off(value: Expr) -> bool:
    return isinstance(value, Const) and not value.value
