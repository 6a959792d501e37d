"""Workflow commands, which GitHub Actions shows as annotations in a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .places import checkout, within

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..diagnostics import Diagnostic
    from .report import Report

LEVELS = {"error": "error", "warning": "warning", "advice": "notice"}


def render(report: Report) -> Iterator[str]:
    """Paths are relative to the checkout, in which GitHub looks for them. What is said without an annotation, in the
    log, is the message behind the second pair of colons."""
    root = checkout()
    for found in report.diagnostics:
        rule = report.rule(found.code)
        properties = {"title": f"{found.code} {rule.name}", "file": _path(found.path, root), **_range(found)}
        where = f"{found.path}:{found.span.line}:{found.span.column + 1}"
        yield _command(LEVELS[rule.severity], properties, f"{where}: {found.message}\n{report.remedy(found)}".strip())
    for problem in report.problems:
        properties = {"title": "flake8-celery", "file": _path(problem.path, root), "line": str(problem.line)}
        yield _command("warning", properties, f"{problem.path}:{problem.line}: {problem.message}")


def _path(path: str, root: Path) -> str:
    return within(path, root) or path


def _range(found: Diagnostic) -> dict[str, str]:
    """GitHub drops the columns of what ends on another line."""
    span = found.span
    lines = {"line": str(span.line), "endLine": str(span.end_line)}
    if span.end_line != span.line:
        return lines
    return {**lines, "col": str(span.column + 1), "endColumn": str(span.end_column + 1)}


def _command(level: str, properties: dict[str, str], message: str) -> str:
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{level} {given}::{_data(message)}"


def _data(text: str) -> str:
    """`text` as the runner takes it: it reads commands line by line and undoes these three escapes."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
