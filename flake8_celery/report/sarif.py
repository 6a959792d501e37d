"""SARIF 2.1.0, which code hosts and editors show as results of an analysis."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .. import __version__
from .fingerprint import fingerprints
from .places import checkout, within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..diagnostics import Diagnostic, Problem
    from ..fixes import Fix
    from ..model import Span
    from ..rule import Rule
    from .report import Report

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
BASE = "%SRCROOT%"
LEVELS = {"error": "error", "warning": "warning", "advice": "note"}
GITHUB_LEVELS = {"error": "error", "warning": "warning", "advice": "recommendation"}
TAGS = {
    "1": "discovery",
    "2": "task definition",
    "3": "retries and acknowledgement",
    "4": "limits and concurrency",
    "5": "calls and canvas",
    "6": "results and payloads",
    "7": "beat",
    "8": "settings and deployment",
    "9": "policy",
}
UNREADABLE = "unreadable-file"
_UNREADABLE = {
    "id": UNREADABLE,
    "name": "UnreadableFile",
    "shortDescription": {"text": "A file could not be checked."},
    "fullDescription": {"text": "A file could not be checked: what is wrong in it is not reported."},
    "help": {"text": "Repair the file, or leave it out with `exclude`."},
    "defaultConfiguration": {"level": "warning"},
}
CONTEXT = 2
"""How many lines around a finding come with it, for readers who do not have the file."""


def render(report: Report) -> Iterator[str]:
    """One run, whose rules are those that found something. Columns count code points, URIs are relative to the
    checkout."""
    yield from json.dumps(_log(report), indent=2).splitlines()


def _log(report: Report) -> dict[str, Any]:
    root = checkout()
    codes = sorted({found.code for found in report.diagnostics})
    names = fingerprints(
        (within(found.path, root) or found.path, found.code, report.line(found.path, found.span.line))
        for found in report.diagnostics
    )
    driver = {
        "name": "flake8-celery",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(report.rule(code)) for code in codes],
    }
    if report.problems:
        driver["notifications"] = [_UNREADABLE]
    run = {
        "tool": {"driver": driver},
        "invocations": [
            {
                "executionSuccessful": not report.crashed,
                "toolExecutionNotifications": [_notification(problem, root) for problem in report.problems],
            }
        ],
        "originalUriBaseIds": {BASE: {"uri": root.as_uri().rstrip("/") + "/"}},
        "columnKind": "unicodeCodePoints",
        "newlineSequences": ["\r\n", "\n", "\r"],
        "results": [
            _result(report, found, codes.index(found.code), name, root)
            for found, name in zip(report.diagnostics, names, strict=True)
        ],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    text = "\n\n".join(filter(None, (rule.summary, rule.how)))
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": text},
        "help": {"text": text, "markdown": _markdown(rule)},
        "helpUri": rule.url,
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {
            "tags": ["celery", TAGS[rule.code[3]]],
            "problem.severity": GITHUB_LEVELS[rule.severity],
        },
    }


def _markdown(rule: Rule) -> str:
    """What the page says to a reader who has the finding before them; its cases are for the page."""
    parts = [f"# {rule.name} ({rule.code})", rule.summary]
    for title in ("Why", "How to fix", "When it does not apply"):
        if text := rule.section(title):
            parts.append(f"## {title}\n{text}")
    return "\n\n".join(parts)


def _result(report: Report, found: Diagnostic, index: int, name: str, root: Path) -> dict[str, Any]:
    rule = report.rule(found.code)
    fix = report.fix(found)
    artifact = _artifact(found.path, root)
    result: dict[str, Any] = {
        "ruleId": found.code,
        "ruleIndex": index,
        "level": LEVELS[rule.severity],
        "message": {"text": found.message},
        "locations": [{"physicalLocation": {"artifactLocation": artifact, **_regions(report, found)}}],
        "partialFingerprints": {"pathCodeLine/v1": name},
        "properties": {"remedy": report.remedy(found)},
    }
    if found.cure:
        result["properties"]["cure"] = found.cure
    if fix is not None:
        result["fixes"] = [_fix(fix, artifact if fix.path is None else _artifact(fix.path, root))]
    return result


def _fix(fix: Fix, artifact: dict[str, str]) -> dict[str, Any]:
    replacements = [{"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}} for edit in fix.edits]
    return {
        "description": {"text": fix.title},
        "artifactChanges": [{"artifactLocation": artifact, "replacements": replacements}],
        "properties": {"safety": fix.safety},
    }


def _notification(problem: Problem, root: Path) -> dict[str, Any]:
    region = {"startLine": problem.line}
    return {
        "descriptor": {"id": UNREADABLE, "index": 0},
        "level": "error" if problem.internal else "warning",
        "message": {"text": problem.message},
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(problem.path, root), "region": region}}],
    }


def _regions(report: Report, found: Diagnostic) -> dict[str, Any]:
    """The region of a finding and the lines around it, with their text where the file can still be read."""
    span = found.span
    region: dict[str, Any] = _region(span)
    lines = report.lines(found.path)
    if not 0 < span.line <= span.end_line <= len(lines):
        return {"region": region}
    first, last = max(span.line - CONTEXT, 1), min(span.end_line + CONTEXT, len(lines))
    marked = list(lines[span.line - 1 : span.end_line])
    marked[-1] = marked[-1][: span.end_column]
    marked[0] = marked[0][span.column :]
    return {
        "region": {**region, "snippet": {"text": "\n".join(marked)}},
        "contextRegion": {
            "startLine": first,
            "endLine": last,
            "snippet": {"text": "\n".join(lines[first - 1 : last])},
        },
    }


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column + 1,
        "endLine": span.end_line,
        "endColumn": span.end_column + 1,
    }


def _artifact(path: str, root: Path) -> dict[str, str]:
    relative = within(path, root)
    if relative is None:
        return {"uri": Path(path).absolute().as_uri()}
    return {"uri": quote(relative, safe="/!$&'()*+,;=@-._~", errors="surrogateescape"), "uriBaseId": BASE}
