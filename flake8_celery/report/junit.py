"""JUnit's XML: findings as failed test cases, for servers that show test results."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..diagnostics import Diagnostic, Problem
    from .report import Report

NAME = "flake8-celery"
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even as a reference."""


def render(report: Report) -> Iterator[str]:
    """A suite for each file with findings, and a case for each of them. Without findings there is one case that
    passes: an empty report counts as a missing one in places."""
    suites: dict[str, list[ET.Element]] = {}
    for found in report.diagnostics:
        suites.setdefault(found.path, []).append(_failure(report, found))
    for problem in report.problems:
        suites.setdefault(problem.path, []).append(_error(problem))
    if not suites:
        case = ET.Element("testcase", {"name": NAME, "classname": NAME, "time": "0"})
        suites[NAME] = [case]
    root = ET.Element("testsuites", {"name": NAME, **_totals([c for cases in suites.values() for c in cases])})
    for name, cases in suites.items():
        suite = ET.SubElement(root, "testsuite", {"name": _clean(name), **_totals(cases), "time": "0"})
        suite.extend(cases)
    ET.indent(root)
    yield '<?xml version="1.0" encoding="utf-8"?>'
    # all but ASCII is written as references, so that it is UTF-8 whatever the terminal's encoding is
    yield from ET.tostring(root, encoding="us-ascii", xml_declaration=False).decode("ascii").split("\n")


def _totals(cases: list[ET.Element]) -> dict[str, str]:
    return {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "skipped": "0",
    }


def _failure(report: Report, found: Diagnostic) -> ET.Element:
    rule = report.rule(found.code)
    place = f"{found.span.line}:{found.span.column + 1}"
    case = _case(f"{found.code} {rule.name} ({place})", found.path, found.span.line)
    failure = ET.SubElement(
        case, "failure", {"type": f"{found.code} {rule.severity}", "message": _clean(found.message)}
    )
    text = (f"{found.path}:{place}: {found.message}", rule.summary, report.remedy(found), found.cure)
    failure.text = _clean("\n\n".join(filter(None, text)))
    return case


def _error(problem: Problem) -> ET.Element:
    case = _case(f"unreadable-file ({problem.line})", problem.path, problem.line)
    error = ET.SubElement(case, "error", {"type": "unreadable-file", "message": _clean(problem.message)})
    error.text = _clean(f"{problem.path}:{problem.line}: {problem.message}")
    return case


def _case(name: str, path: str, line: int) -> ET.Element:
    path = _clean(path)
    attributes = {"name": name, "classname": path, "file": path, "line": str(line), "time": "0"}
    return ET.Element("testcase", attributes)


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
