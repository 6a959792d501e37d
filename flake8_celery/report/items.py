"""Findings as JSON objects, for the formats `json` and `json-lines`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..diagnostics import Diagnostic, Problem
    from ..fixes import Fix
    from ..model import Span
    from .report import Report


def of(report: Report) -> Iterator[dict[str, Any]]:
    """An object for each finding, then one with the code null for each file that could not be read. `filename` is
    absolute; rows and columns count from 1, columns in code points."""
    for found in report.diagnostics:
        yield _finding(report, found)
    for problem in report.problems:
        yield _problem(problem)


def _finding(report: Report, found: Diagnostic) -> dict[str, Any]:
    rule = report.rule(found.code)
    fix = report.fix(found)
    return {
        "code": found.code,
        "name": rule.name,
        "severity": rule.severity,
        "message": found.message,
        "filename": os.path.abspath(found.path),
        **_range(found.span),
        "fix": _fix(fix, found.path) if fix is not None else None,
        "url": rule.url,
        "noqa_row": found.span.line,
        "summary": rule.summary,
        "how_to_fix": report.remedy(found),
        "cure": found.cure or None,
    }


def _range(span: Span) -> dict[str, Any]:
    return {
        "location": {"row": span.line, "column": span.column + 1},
        "end_location": {"row": span.end_line, "column": span.end_column + 1},
    }


def _fix(fix: Fix, path: str) -> dict[str, Any]:
    return {
        "applicability": fix.safety,
        "message": fix.title,
        "filename": os.path.abspath(fix.path or path),
        "edits": [{"content": edit.text, **_range(edit.span)} for edit in fix.edits],
    }


def _problem(problem: Problem) -> dict[str, Any]:
    place = {"row": problem.line, "column": 1}
    return {
        "code": None,
        "name": "unreadable-file",
        "severity": "error",
        "message": problem.message,
        "filename": os.path.abspath(problem.path),
        "location": place,
        "end_location": place,
        "fix": None,
        "url": None,
        "noqa_row": None,
        "summary": None,
        "how_to_fix": None,
        "cure": None,
    }
