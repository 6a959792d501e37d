"""A Code Quality report, which GitLab shows in merge requests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .fingerprint import fingerprints
from .places import checkout, within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model import Span
    from .report import Report

LEVELS = {"error": "critical", "warning": "major", "advice": "info"}
UNREADABLE = "unreadable-file"


def render(report: Report) -> Iterator[str]:
    """A list of issues as Code Climate describes them. Paths are relative to the checkout."""
    yield from json.dumps(list(_issues(report)), indent=2).splitlines()


def _issues(report: Report) -> Iterator[dict[str, Any]]:
    root = checkout()
    paths = [within(found.path, root) or found.path for found in report.diagnostics]
    names = fingerprints(
        (path, found.code, report.line(found.path, found.span.line))
        for path, found in zip(paths, report.diagnostics, strict=True)
    )
    for path, found, name in zip(paths, report.diagnostics, names, strict=True):
        rule = report.rule(found.code)
        yield {
            "type": "issue",
            "check_name": found.code,
            "description": f"{found.code} {rule.name}: {found.message}",
            "content": {"body": "\n\n".join(filter(None, (rule.summary, report.remedy(found))))},
            "categories": ["Bug Risk"],
            "severity": LEVELS[rule.severity],
            "fingerprint": name,
            "location": {"path": path, "positions": _positions(found.span)},
        }
    places = [within(problem.path, root) or problem.path for problem in report.problems]
    names = fingerprints(
        (path, UNREADABLE, problem.message) for path, problem in zip(places, report.problems, strict=True)
    )
    for path, problem, name in zip(places, report.problems, names, strict=True):
        yield {
            "type": "issue",
            "check_name": UNREADABLE,
            "description": f"cannot be checked: {problem.message}",
            "categories": ["Bug Risk"],
            "severity": "major",
            "fingerprint": name,
            "location": {"path": path, "positions": {"begin": _position(problem.line), "end": _position(problem.line)}},
        }


def _positions(span: Span) -> dict[str, Any]:
    return {
        "begin": _position(span.line, span.column + 1),
        "end": _position(span.end_line, span.end_column + 1),
    }


def _position(line: int, column: int = 1) -> dict[str, int]:
    return {"line": line, "column": column}
