"""Repairs of findings: a fixer for each rule that has one, and what they repair them with.

A fixer gets the text of the file with the finding, and says how to edit it. It is asked only where somebody wants the
repair, so that a run that only reports pays nothing for it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal

from ..frozen import dataclass

if TYPE_CHECKING:
    from ..diagnostics import Diagnostic
    from ..model import Edit, Module
    from ..project import Project
    from .text import Text

Safety = Literal["safe", "unsafe"]


@dataclass(frozen=True, slots=True)
class Fix:
    """A repair of one finding: `edits` of one file are made together or not at all.

    `title` says what is done, as an editor shows it. A safe repair changes nothing in what the program does while all
    goes well. `path`, relative to the project, is given where another file than that of the finding is edited.
    """

    title: str
    edits: tuple[Edit, ...]
    safety: Safety = "safe"
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What a fixer may ask: the text of the finding's file, its facts, and the project."""

    text: Text
    module: Module
    project: Project

    def other(self, path: str) -> Text:
        """The text of another file of the project. Raises SourceError where it cannot be read."""
        from ..source import decode
        from .text import Text

        return Text(decode(path, self.project.index.data(path)), self.project)


Fixer = Callable[["Diagnostic", Context], "Fix | None"]
DeploymentFixer = Callable[["Diagnostic", str, "Project"], "Fix | None"]

_fixers: dict[str, Fixer] = {}
_deployment_fixers: dict[str, DeploymentFixer] = {}


def fixer(code: str) -> Callable[[Fixer], Fixer]:
    """Register a function `(diagnostic, context) -> Fix | None` as the fixer of the rule `code`."""

    def register(function: Fixer) -> Fixer:
        if code in _fixers:
            raise ValueError(f"{code}: has a fixer already")
        _fixers[code] = function
        return function

    return register


def deployment_fixer(code: str) -> Callable[[DeploymentFixer], DeploymentFixer]:
    """Register a function `(diagnostic, text, project) -> Fix | None` as the fixer of what the rule `code` finds in
    deployment files."""

    def register(function: DeploymentFixer) -> DeploymentFixer:
        if code in _deployment_fixers:
            raise ValueError(f"{code}: has a fixer already")
        _deployment_fixers[code] = function
        return function

    return register


def _load() -> None:
    from . import rules

    for info in pkgutil.iter_modules(rules.__path__):
        importlib.import_module(f"{rules.__name__}.{info.name}")


def fixers() -> dict[str, Fixer]:
    """The fixers of Python files by code."""
    _load()
    return dict(sorted(_fixers.items()))


def deployment_fixers() -> dict[str, DeploymentFixer]:
    """The fixers of deployment files by code."""
    _load()
    return dict(sorted(_deployment_fixers.items()))


def deployment_fixes_for(data: bytes, project: Project, diagnostics: Iterable[Diagnostic]) -> dict[Diagnostic, Fix]:
    """The repairs of those findings in one deployment file that have one; none where it is no UTF-8."""
    known = deployment_fixers()
    try:
        text = data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return {}
    fixes = {found: known[found.code](found, text, project) for found in diagnostics if found.code in known}
    return {found: fix for found, fix in fixes.items() if fix is not None and fix.edits}


def fixes_for(
    data: bytes, module: Module, project: Project, diagnostics: Iterable[Diagnostic]
) -> dict[Diagnostic, Fix]:
    """The repairs of those findings in one file that have one; `data` is the text that the findings are about.

    Raises SourceError where the text cannot be parsed.
    """
    from ..source import decode
    from .text import Text

    known = fixers()
    wanted = [found for found in diagnostics if found.code in known]
    if not wanted:
        return {}
    context = Context(Text(decode(module.path, data), project), module, project)
    fixes: dict[Diagnostic, Fix] = {}
    for found in wanted:
        fix = known[found.code](found, context)
        if fix is not None and fix.edits and _keeps_comments(found, context, fix):
            fixes[found] = fix
    return fixes


def _keeps_comments(found: Diagnostic, context: Context, fix: Fix) -> bool:
    """Whether no comment goes with what a repair takes away, but for the one that it is about."""
    import libcst as cst

    text = context.text if fix.path in (None, context.module.path) else context.other(str(fix.path))
    added = "".join(edit.text for edit in fix.edits)
    for edit in fix.edits:
        if "#" not in text.at(edit.span):
            continue
        for comment in text.nodes_in(edit.span, cst.Comment):
            place = text.place_of(comment)
            is_meant = place.line == found.span.line and place.column <= found.span.column < place.end_column
            if comment.value not in added and not is_meant:
                return False
    return True
