"""The report as a table for a terminal."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from ..report.style import printable
from .outcome import FAULTS, Outcome, Report

if TYPE_CHECKING:
    from rich.console import Console

LOOK = {
    "survived": "green",
    "lost": "bold red",
    "doubled": "bold magenta",
    "different": "bold yellow",
    "stuck": "bold red",
}
_WIDTH = 150
_SOURCE = 60


def render(report: Report) -> str:
    """The table as plain text."""
    from rich.console import Console

    text = io.StringIO()
    show(report, Console(file=text, width=_WIDTH, color_system=None, highlight=False))
    return text.getvalue().rstrip("\n")


def show(report: Report, console: Console) -> None:
    """Print the table: what a fault did, in the order of faults; neighbouring lines with the same fate in one row."""
    from rich.table import Table
    from rich.text import Text

    table = Table(show_edge=False, pad_edge=False)
    table.add_column("fault", no_wrap=True)
    table.add_column("before the line", no_wrap=True, overflow="ellipsis", ratio=3)
    table.add_column("runs", justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("what came of it", overflow="fold", ratio=4)
    before = ""
    for outcome in report.outcomes:
        fault = FAULTS[outcome.fault]
        table.add_row(
            fault if fault != before else "",
            Text(printable(_line(report, outcome))),
            str(outcome.runs),
            Text(outcome.verdict, LOOK[outcome.verdict]),
            Text(printable(told(outcome))),
        )
        before = fault
    console.print(table)
    for rule in rules(report):
        console.print(Text(printable(f"  {rule}")), soft_wrap=True)
    for fault, reason in report.skipped:
        console.print(Text(printable(f"not tried: {FAULTS[fault]}: {reason}"), "yellow"), soft_wrap=True)
    console.print(Text(printable(summary(report))), soft_wrap=True)


def _line(report: Report, outcome: Outcome) -> str:
    if outcome.point is None:
        return ""
    source = "" if outcome.point.after else report.source(outcome.point)
    return (
        f"{report.where(outcome.point)}  {source if len(source) <= _SOURCE else source[: _SOURCE - 1] + '…'}".rstrip()
    )


def told(outcome: Outcome) -> str:
    """What came of a fault, in one line."""
    parts = [outcome.exception, outcome.note, *outcome.difference]
    text = "; ".join(part for part in parts if part)
    codes = ", ".join(dict.fromkeys(reason.code for reason in outcome.because))
    return f"{text} ({codes})".lstrip() if codes else text


def rules(report: Report) -> list[str]:
    """Each finding that explains something, with what it explains."""
    explained: dict[str, None] = {}
    for outcome in report.failures:
        for reason in outcome.because:
            explained.setdefault(f"{reason.code}: {reason.message} ({reason.path}:{reason.line})")
    return sorted(explained)


def summary(report: Report) -> str:
    counts = ", ".join(f"{count} {verdict}" for verdict, count in report.counts.items())
    verdict = "survives every fault that was tried" if report.survived else "does not survive"
    return f"{report.task} {verdict}: {counts or 'no fault was tried'}."
