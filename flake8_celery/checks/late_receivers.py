"""Receivers of the application's own signals that are connected after the signal was sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..discovered import imported_first
from ..model import App, Attr, Expr, Finding, Module, Scope, Span, dotted
from ..rule import rule

if TYPE_CHECKING:
    from ..project import Project

_SIGNAL = "on_after_configure"


@rule("CEL717")
def periodic_registration_signal(module: Module, project: Project) -> Iterator[Finding]:
    """Receivers of `on_after_configure` in modules that are imported once the application is configured."""
    for scope, expr, span, receiver in _connections(module):
        if scope.kind != "module":
            continue
        app = project.app_of(scope, expr)
        if app is None or app.module is module or app.factory is not None:
            continue
        if _is_late(project, app, module):
            who = f"`{receiver}` never runs" if receiver else "the receiver never runs"
            yield Finding(
                span,
                f"`{_SIGNAL}` has been sent when workers and beat import this module: {who}, and what it adds to the"
                " schedule is missing; use `on_after_finalize`",
            )


def _connections(module: Module) -> Iterator[tuple[Scope, Expr, Span, str]]:
    """Where the module connects to the signal: in which scope, of which application, and what."""
    for scope in module.scopes:
        outer = scope.enclosing
        for decorator in scope.decorators:
            if outer is not None:
                call = outer.call(decorator.expr)
                app = _of_signal(call.func if call is not None else decorator.expr)
                if app is not None:
                    yield outer, app, decorator.span, scope.name
        for call in scope.calls:
            app = _of_signal(call.func) if call.use != "decorator" else None
            if app is not None and call.args:
                yield scope, app, call.span, (dotted(call.args[0]) or "").rpartition(".")[2]


def _of_signal(expr: Expr) -> Expr | None:
    """`app` of `app.on_after_configure.connect`."""
    if isinstance(expr, Attr) and expr.attr == "connect" and isinstance(expr.base, Attr) and expr.base.attr == _SIGNAL:
        return expr.base.base
    return None


def _is_late(project: Project, app: App, module: Module) -> bool:
    first = imported_first(project, app)
    return first is not None and module.path not in first
