"""The names by which a row of Django's models leads to many others: related names, and fields for many."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from .knowledge.objects import FOREIGN_KEYS, MANY_TO_MANY
from .model import Attr, Call, Const, Expr, Module, Name, Scope
from .per_project import per_project
from .source import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .project import Project

_FIELD = re.compile(rb"\b(?:ForeignKey|ManyToManyField)\(")


def related_models(project: Project, attribute: str) -> frozenset[str]:
    """The project's models to whose rows the attribute of another row leads."""
    return frozenset(_related(project).get(attribute, ()))


@per_project
def _related(project: Project) -> dict[str, set[str]]:
    """The models by the attributes that lead to their rows."""
    found: dict[str, set[str]] = {}
    for module in _models(project):
        for name, model in _fields(project, module):
            found.setdefault(name, set()).add(model)
    return found


def _models(project: Project) -> Iterator[Module]:
    """The modules of models, by their path."""
    for path in sorted(project.index.tree.python):
        if "models" not in posixpath.splitext(path)[0].split("/") or project.index.is_test(path):
            continue
        try:
            module = project.module(path) if project.index.questions.contains(path, _FIELD) else None
        except SourceError:
            continue
        if module is not None:
            yield module


def _fields(project: Project, module: Module) -> Iterator[tuple[str, str]]:
    for cls in module.scopes:
        if cls.kind != "class" or _is_abstract(cls):
            continue
        for assign in cls.assigns:
            call = cls.call(assign.value)
            field = project.name(cls, call.func) if call is not None else None
            if call is None or field not in FOREIGN_KEYS | MANY_TO_MANY or not isinstance(assign.target, Name):
                continue
            reverse = _reverse(cls, call)
            if reverse is not None and not field.endswith("OneToOneField"):
                yield reverse, cls.name
            other = _named(call.argument(0, "to"))
            if field in MANY_TO_MANY and other is not None:
                yield assign.target.id, other if other != "self" else cls.name


def _reverse(cls: Scope, call: Call) -> str | None:
    """The attribute of the other model's rows, None where there is none, or it cannot be told."""
    given = call.keyword("related_name")
    if given is None:
        return f"{cls.name.lower()}_set" if not call.has_spread else None
    if not isinstance(given, Const) or not isinstance(given.value, str) or "%" in given.value:
        return None
    return given.value if not given.value.endswith("+") else None


def _named(expr: Expr | None) -> str | None:
    match expr:
        case Name():
            return expr.id
        case Attr():
            return expr.attr
        case Const(value=str() as text):
            return text.rpartition(".")[2]
    return None


def _is_abstract(cls: Scope) -> bool:
    inner = (child for child in cls.children if child.name == "Meta")
    return any(a.target == Name("abstract") and a.value == Const(True) for meta in inner for a in meta.assigns)


__all__ = ["related_models"]
