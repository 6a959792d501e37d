"""What the rules report: in the text of a module, and in deployment files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from .frozen import dataclass
from .place import NOWHERE, Span
from .source import Suppressions, decode

if TYPE_CHECKING:
    from .model import Edit, Module
    from .project import Project
    from .rule import Check


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A finding in its file. `path` is as the caller names it; `remedy` and `cure` are those of the `Finding`."""

    code: str
    message: str
    path: str
    span: Span
    edits: tuple[Edit, ...] = ()
    remedy: str = ""
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that could not be checked: it cannot be read, or (`internal`) because of a mistake of the linter's own."""

    path: str
    line: int
    message: str
    internal: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """Which codes are reported: prefixes, the longest that matches decides; at equal length `ignore` wins. Rules of
    family 9 need a prefix that names the family."""

    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def enabled(self, code: str) -> bool:
        chosen = [p for p in (*(self.select or ("CEL",)), *self.extend_select) if code.startswith(p)]
        if code.startswith("CEL9"):
            chosen = [p for p in chosen if p.startswith("CEL9")]
        if not chosen:
            return False
        dropped = [p for p in self.ignore if code.startswith(p)]
        return not dropped or max(map(len, chosen)) > max(map(len, dropped))


def lint_module(module: Module, project: Project, selection: Selection) -> list[Diagnostic]:
    """What the enabled rules report in the module's own text, in the order of lines; suppressions are not looked at."""
    from .rule import checks

    if project.is_test(module):
        return []
    found: list[Diagnostic] = []
    for code, check in checks().items():
        if selection.enabled(code):
            found += check_module(code, check, module, project)
    return in_order(found)


def check_module(code: str, check: Check, module: Module, project: Project) -> Iterator[Diagnostic]:
    """What one rule reports in the module's own text."""
    for finding in check(module, project):
        edits, remedy, cure = finding.edits, finding.remedy, finding.cure
        yield Diagnostic(code, finding.message, module.path, finding.span, edits, remedy, cure)


def in_order(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Each finding once, in the order of files and lines."""
    return sorted(set(found), key=lambda d: (d.path, d.span.line, d.span.column, d.code))


def app_place(project: Project) -> tuple[str, Span]:
    """Where the application is made at which flake8 reports what deployment files get wrong; "" without one."""
    return (project.apps[0].module.path, project.apps[0].call.span) if project.apps else ("", NOWHERE)


def at_app(path: str, span: Span, found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """What is found in deployment files, as findings at the construction of the app."""
    return [replace(d, message=f"{d.message} ({d.path}:{d.span.line})", path=path, span=span) for d in found]


def heard(found: list[Diagnostic], path: str, data: bytes) -> list[Diagnostic]:
    """What no `# noqa` in the file's text silences."""
    if not found:
        return found
    suppressions = Suppressions(decode(path, data).text)
    return [d for d in found if not suppressions.suppressed(d.span.line, d.code)]


def lint_deployment(project: Project, selection: Selection) -> list[Diagnostic]:
    """What the enabled rules report in deployment files, at their lines."""
    from .rule import deployment_checks

    found = []
    for code, check in deployment_checks().items():
        if selection.enabled(code):
            for finding in check(project):
                at = finding.at
                found.append(
                    Diagnostic(code, finding.message, at.path, at.span, remedy=finding.remedy, cure=finding.cure)
                )
    return in_order(found)
