"""What a run found, as all formats take it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from ..rule import load
from .style import Style

if TYPE_CHECKING:
    from ..diagnostics import Diagnostic, Problem
    from ..fixes import Fix
    from ..rule import Rule


def _no_lines(_: str) -> Sequence[str]:
    return ()


def _no_fixes() -> Mapping[Diagnostic, Fix]:
    return {}


@dataclass
class Report:
    """The findings and the files that could not be read, in the order of paths and lines.

    Paths are as they are shown: relative to the current folder where they lie below it. `files` counts the Python
    files that were checked, `crashed` those that a mistake of the linter's own kept it from checking. `lines_of` gives
    the lines of the file at such a path, without their ends; none where it cannot be read any more. `find_fixes` gives
    the repairs of findings, for which their files are parsed: only formats that show repairs ask.
    """

    diagnostics: Sequence[Diagnostic]
    problems: Sequence[Problem] = ()
    files: int = 0
    crashed: int = 0
    lines_of: Callable[[str], Sequence[str]] = _no_lines
    find_fixes: Callable[[], Mapping[Diagnostic, Fix]] = _no_fixes
    style: Style = field(default_factory=Style)
    adopted: bool = False
    """Whether the project has a baseline already."""
    repaired: bool = False
    """Whether what can be repaired has been."""
    quiet: int = 0
    """How many findings the baseline keeps quiet."""

    _rules: dict[str, Rule] = field(default_factory=dict, repr=False)
    _lines: dict[str, Sequence[str]] = field(default_factory=dict, repr=False)

    def rule(self, code: str) -> Rule:
        """The rule of a finding; its page is read once."""
        if code not in self._rules:
            self._rules[code] = load(code)
        return self._rules[code]

    def remedy(self, found: Diagnostic) -> str:
        """How to repair a finding: what it says itself, or else its rule's page."""
        return found.remedy or self.rule(found.code).how

    def fix(self, found: Diagnostic) -> Fix | None:
        """The repair of a finding, None where it has none."""
        return self._fixes.get(found) if self.rule(found.code).fix != "none" else None

    @cached_property
    def _fixes(self) -> Mapping[Diagnostic, Fix]:
        return self.find_fixes()

    def lines(self, path: str) -> Sequence[str]:
        """The lines of the file at the path of a finding; it is read once."""
        if path not in self._lines:
            self._lines[path] = self.lines_of(path)
        return self._lines[path]

    def line(self, path: str, number: int) -> str:
        """The line of that number, from 1 on; "" where there is none."""
        lines = self.lines(path)
        return lines[number - 1] if 0 < number <= len(lines) else ""
