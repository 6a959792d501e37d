"""Tasks that call other systems as fast as messages come in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..model import Const, Expr, Finding, Format, Module, Task, dotted
from ..rule import rule
from .network import NetworkCall, is_scheduled, network_calls
from .places import name

if TYPE_CHECKING:
    from ..project import Project

_LIMITERS = ("limit", "throttl", "semaphore", "sleep", "backpressure", "bucket")
_PACKAGES = frozenset(
    {
        "aiolimiter",
        "limiter",
        "limits",
        "pyrate_limiter",
        "ratelimit",
        "ratelimiter",
        "requests_ratelimiter",
        "token_bucket",
    }
)
_LOOPBACK = ("localhost", "127.", "[::1]", "0.0.0.0")  # noqa: S104 - compared with, not bound to


@rule("CEL912")
def unthrottled_external_call(module: Module, project: Project) -> Iterator[Finding]:
    """Network calls in tasks without a rate limit, or with one that a setting switches off."""
    for task in project.tasks_of(module):
        limit = project.option(task, "rate_limit")
        off = project.setting(task, "worker_disable_rate_limits").truth(default=False) is True
        if not (limit.is_unset or (off and limit.is_set)) or not task.complete:
            continue
        found = next((call for call in network_calls(project, task) if not _is_local(call)), None)
        if found is None or is_scheduled(project, task) or _limits_itself(project, task):
            continue
        way = found.way(task) if len(found.trace) > 1 else f"{name(task)} calls `{found.name.replace('()', '')}`"
        without = (
            "`worker_disable_rate_limits` switches its `rate_limit` off" if limit.is_set else "there is no `rate_limit`"
        )
        yield Finding(
            found.start(task, module),
            f"{way} and {without}: a backlog of messages goes out as fast as the workers can",
        )


def _is_local(found: NetworkCall) -> bool:
    """Whether the call goes to the machine itself, as far as it is written out."""
    given: Expr | None = found.call.argument(0, "url")
    if isinstance(given, Format):
        given = given.parts[0]
    if not isinstance(given, Const) or not isinstance(given.value, str):
        return False
    return given.value.partition("://")[2].startswith(_LOOPBACK)


def _limits_itself(project: Project, task: Task) -> bool:
    """Whether something that runs in the task has the name of a limiter, or may be one."""
    for reached in project.reach(task):
        scope = reached.scope
        outer = scope.enclosing
        for decorator in scope.decorators if outer is not None else ():
            call = outer.call(decorator.expr) if outer is not None else None
            if decorator is not task.decorator and _is_limiter(call.func if call is not None else decorator.expr):
                return True
        if any(_is_limiter(call.func) for call in scope.calls):
            return True
        if any(block.kind == "with" and _is_limiter(block.test) for block in scope.blocks):
            return True
        if any(i.target.partition(".")[0] in _PACKAGES for s in scope.module.scopes for i in s.imports):
            return True
    return any(_is_limiter(call.func) for scope in task.wrappers for call in scope.calls)


def _is_limiter(expr: Expr | None) -> bool:
    written = (dotted(expr) or "").lower()
    return any(word in written for word in _LIMITERS)
