"""Passwords of brokers and result backends that stand in the code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..knowledge.urls import credentials_in
from ..model import Attr, Choice, Const, Dict, Expr, Finding, Format, Items, Module, Name, Op, Scope, Span, Sub
from ..rule import DeploymentFinding, deployment_rule, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

_SAMPLES = ("dist", "example", "sample", "template", "tpl")
_OPTIONS = ("--broker", "--result-backend")


@deployment_rule("CEL806")
def credentials_in_files(project: Project) -> Iterator[DeploymentFinding]:
    """URLs with a password in variables and command lines of deployment files; samples show how, and hold none."""
    for variable in project.deployment.variables:
        secret = credentials_in(variable.value)
        if secret and not _is_sample(variable.path):
            yield DeploymentFinding(variable, _message(f"`{variable.name}`", secret))
    for command in project.deployment.commands:
        for option in _OPTIONS:
            secret = credentials_in(command.option(option) or "")
            if secret and not _is_sample(command.path):
                yield DeploymentFinding(command, _message(f"`{option}`", secret))


def _is_sample(path: str) -> bool:
    name = path.rpartition("/")[2].lower().replace("-", ".").replace("_", ".")
    return any(part in _SAMPLES for part in name.split("."))


def _message(what: str, secret: str) -> str:
    return f"{what} holds {secret}: whoever reads this file can send tasks and read results"


@rule("CEL806")
def hardcoded_broker_credentials(module: Module, project: Project) -> Iterator[Finding]:
    """Literal URLs of brokers and backends with a password."""
    seen: set[Span] = set()
    for scope in module.scopes:
        for key, expr, span in _values(scope):
            found = _credentials(project, scope, key, expr)
            if found is None:
                continue
            name, secret = found
            place = project.spot(module, span, name) if name else span
            if place not in seen:
                seen.add(place)
                yield Finding(place, _message(f"`{name}`" if name else "the URL", secret))


def _values(scope: Scope) -> Iterator[tuple[str, Expr, Span]]:
    """The values in a scope that may hold a literal URL, with the name that each is given."""
    for assign in scope.assigns:
        yield _name(assign.target), assign.value, assign.span
    for call in scope.calls:
        for arg in call.args:
            yield "", arg, call.span
        for key, value in call.keywords:
            yield key or "", value, call.span
    for param in scope.params:
        if param.default is not None:
            yield param.name, param.default, scope.span
    for returned in scope.returns:
        if returned.value is not None:
            yield "", returned.value, returned.span


def _name(target: Expr) -> str:
    match target:
        case Sub(index=Const(value=str(name))) | Name(id=name) | Attr(attr=name):
            return name
    return ""


def _credentials(project: Project, scope: Scope, key: str, expr: Expr) -> tuple[str, str] | None:
    """The name under which a value holds a secret, and what it is."""
    parts: tuple[tuple[str, Expr], ...] = ()
    match expr:
        case Const(value=str(text)):
            secret = credentials_in(text, project.deployment_mentions)
            return (key, secret) if secret else None
        case Format():
            if any(isinstance(part, Const) and "://" in str(part.value) for part in expr.parts):
                value = project.value(scope, expr)
                secret = credentials_in(value, project.deployment_mentions) if isinstance(value, str) else None
                return (key, secret) if secret else None
        case Items():
            parts = tuple((key, item) for item in expr.items)
        case Dict():
            parts = tuple((_name(Sub(Name(""), name)) if name is not None else "", v) for name, v in expr.items)
        case Op(operator="or" | "and"):
            parts = tuple((key, operand) for operand in expr.operands)
        case Choice():
            parts = (key, expr.body), (key, expr.orelse)
    for name, part in parts:
        found = _credentials(project, scope, name, part)
        if found is not None:
            return found
    return None
