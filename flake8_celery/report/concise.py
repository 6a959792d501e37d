"""One line for each finding, as flake8 prints them: `path:line:column: CEL401 message`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import summary
from .style import SEVERITY, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..diagnostics import Diagnostic
    from .report import Report


def render(report: Report) -> Iterator[str]:
    for found in report.diagnostics:
        yield line(report, found)
    yield summary.count(report)
    yield from summary.fixes(report)
    yield from summary.cures(report)


def line(report: Report, found: Diagnostic) -> str:
    style = report.style
    rule = report.rule(found.code)
    code = style.link(style.paint(found.code, SEVERITY[rule.severity]), rule.url)
    path = style.paint(printable(found.path), "bold")
    return f"{path}:{found.span.line}:{found.span.column + 1}: {code} {printable(found.message)}"
