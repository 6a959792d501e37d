"""The functions of the project that receive the signals of Django's models."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .knowledge.objects import DJANGO_SIGNALS
from .model import Attr, Expr, Items, Module, Scope
from .per_project import per_project

if TYPE_CHECKING:
    from .project import Project

_DECORATORS = frozenset({"django.dispatch.receiver", "django.dispatch.dispatcher.receiver"})


@dataclass
class Receiver:
    """What a function receives: `signals` are their dotted names, `senders` the project's models that send them, None
    among them for a sender that cannot be told, or for all."""

    signals: set[str] = field(default_factory=set)
    senders: list[Scope | None] = field(default_factory=list)

    @property
    def model(self) -> Scope | None:
        """The one model whose rows it gets, None where there are more, or that cannot be told."""
        return self.senders[0] if self.senders and all(s is self.senders[0] for s in self.senders) else None


def receiver(project: Project, function: Scope) -> Receiver | None:
    """What a function receives, None where it is no receiver of a model's signal."""
    return _receivers(project).get((function.module.path, function.index))


@per_project
def _receivers(project: Project) -> dict[tuple[str, int], Receiver]:
    found: dict[tuple[str, int], Receiver] = {}

    def add(function: Scope | None, scope: Scope, signals: Expr | None, senders: Expr | None) -> None:
        for signal in signals.items if isinstance(signals, Items) else (signals,):
            name = project.name(scope, signal)
            if function is not None and name in DJANGO_SIGNALS:
                known = found.setdefault((function.module.path, function.index), Receiver())
                known.signals.add(name)
                for sender in senders.items if isinstance(senders, Items) else (senders,):
                    known.senders.append(_model(project, scope, sender))

    for module in project.calling:
        for index in project.index.derived(likely, module):
            function = module.scopes[index]
            outer = function.enclosing
            for decorator in function.decorators:
                call = outer.call(decorator.expr) if outer is not None else None
                if outer is not None and call is not None and call.args and call.attr != "task":
                    if project.name(outer, call.func) in _DECORATORS:
                        add(function, outer, call.args[0], call.keyword("sender"))
    for scope, call in project.calls.named("connect"):
        if isinstance(call.func, Attr):
            handler = call.argument(0, "receiver")
            add(project.function(scope, handler), scope, call.func.base, call.argument(1, "sender"))
    return found


def likely(module: Module) -> list[int]:
    """The functions that a decorator with arguments may make receivers."""
    found = []
    for function in module.functions:
        outer = function.enclosing
        calls = (outer.call(decorator.expr) for decorator in function.decorators) if outer is not None else ()
        if any(call is not None and call.args and call.attr != "task" for call in calls):
            found.append(function.index)
    return found


def _model(project: Project, scope: Scope, expr: Expr | None) -> Scope | None:
    found = project.function(scope, expr) if expr is not None else None
    return found if found is not None and found.kind == "class" else None
