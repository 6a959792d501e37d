"""What stands at the end of a report for people."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ..rule import SEVERITIES
from .style import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .report import Report

FIXABLE = "[*]"
MOST = 5
"""So many changes that answer several findings are named."""
MANY = 10
"""From this many findings on a baseline is worth a word."""


def count(report: Report) -> str:
    """`Found 12 findings in 4 files (3 errors, 9 warnings)`."""
    unchecked = f"; {number(report.crashed, 'file')} could not be checked" if report.crashed else ""
    if report.quiet:
        unchecked = f"; {report.quiet} in the baseline{unchecked}"
    if not report.diagnostics:
        return f"No findings in {number(report.files - report.crashed, 'Python file')}{unchecked}"
    severities = Counter(report.rule(found.code).severity for found in report.diagnostics)
    order = ("error", "warning", "advice")
    parts = [f"{severities[s]} advice" if s == "advice" else number(severities[s], s) for s in order if severities[s]]
    where = number(len({found.path for found in report.diagnostics}), "file")
    return f"Found {number(len(report.diagnostics), 'finding')} in {where} ({', '.join(parts)}){unchecked}"


def fixes(report: Report) -> Iterator[str]:
    """How many findings there may be a repair for: as many as are of rules that have one. For how many there is, their
    files would have to be parsed."""
    if report.repaired:
        return
    safety = Counter(report.rule(found.code).fix for found in report.diagnostics)
    possible = safety["safe"] + safety["unsafe"]
    if possible:
        options = "`--fix`" if safety["safe"] else "`--fix --unsafe-fixes`"
        more = f", {safety['unsafe']} of them with `--unsafe-fixes`" if safety["safe"] and safety["unsafe"] else ""
        yield f"{FIXABLE} up to {possible} can be repaired with {options}{more}; `--diff` shows how"


def cures(report: Report) -> Iterator[str]:
    """The changes that answer several findings at once."""
    told = Counter(found.cure for found in report.diagnostics if found.cure)
    several = [(cure, times) for cure, times in told.most_common() if times > 1]
    for cure, times in several[:MOST]:
        which = "All of them" if times == len(report.diagnostics) else f"{times} of them"
        yield f"{which} go away together: {printable(cure)}"
    if several[MOST:]:
        answered = sum(times for _, times in several[MOST:])
        yield f"{answered} more go away by {number(len(several[MOST:]), 'such change')}"


def hints(report: Report) -> Iterator[str]:
    """What to do next."""
    if not report.diagnostics:
        return
    codes = Counter(found.code for found in report.diagnostics)
    first = min(codes, key=lambda code: (SEVERITIES.index(report.rule(code).severity), -codes[code], code))
    yield f"`flake8-celery rule {first}` explains a rule, with examples of bad and good code."
    if len(report.diagnostics) > MANY and not report.adopted:
        yield "`flake8-celery check --write-baseline` accepts these, so that only new ones are reported."


def number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
