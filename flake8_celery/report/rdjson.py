"""The Reviewdog Diagnostic Format: a `DiagnosticResult` in JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..diagnostics import Diagnostic, Problem
    from ..model import Span
    from .report import Report

LEVELS = {"error": "ERROR", "warning": "WARNING", "advice": "INFO"}
SOURCE = {"name": "flake8-celery"}


def render(report: Report) -> Iterator[str]:
    """Paths are those that the findings show, which reviewdog takes as relative to the current folder. Columns count
    bytes of UTF-8."""
    diagnostics = [_finding(report, found) for found in report.diagnostics]
    diagnostics += [_problem(problem) for problem in report.problems]
    yield from json.dumps({"source": SOURCE, "diagnostics": diagnostics}, indent=2).splitlines()


def _finding(report: Report, found: Diagnostic) -> dict[str, Any]:
    """The message says why and how to repair it, too: a comment in a review shows nothing else."""
    rule = report.rule(found.code)
    fix = report.fix(found)
    item: dict[str, Any] = {
        "message": "\n\n".join(filter(None, (found.message, rule.summary, report.remedy(found)))),
        "location": {"path": found.path, "range": _range(report, found.path, found.span)},
        "severity": LEVELS[rule.severity],
        "source": SOURCE,
        "code": {"value": found.code},
    }
    if fix is not None and fix.path is None:  # a suggestion is one for the file of the diagnostic
        item["suggestions"] = [
            {"range": _range(report, found.path, edit.span), "text": edit.text} for edit in fix.edits
        ]
    return item


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "message": problem.message,
        "location": {"path": problem.path, "range": {"start": {"line": problem.line}}},
        "severity": "WARNING",
        "source": SOURCE,
    }


def _range(report: Report, path: str, span: Span) -> dict[str, Any]:
    return {
        "start": _position(report, path, span.line, span.column),
        "end": _position(report, path, span.end_line, span.end_column),
    }


def _position(report: Report, path: str, line: int, column: int) -> dict[str, int]:
    before = report.line(path, line)[:column]
    # beyond the end of the line, as in a file that has changed meanwhile, code points have to do
    width = len(before.encode("utf-8", "surrogatepass")) + column - len(before)
    return {"line": line, "column": width + 1}
