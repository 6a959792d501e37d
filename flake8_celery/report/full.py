"""Each finding with the code it is about, why it matters and how to repair it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..rule import SEVERITIES
from . import summary
from .style import SEVERITY, Style, cells, printable

if TYPE_CHECKING:
    from ..diagnostics import Diagnostic
    from ..model import Span
    from .report import Report

CONTEXT = 2
PROSE = 120
"""Prose is not set wider than this, however wide the terminal is."""


def render(report: Report) -> Iterator[str]:
    """Errors come first, and what one rule reports stands together, with reason and remedy told once. Where one change
    answers several findings of a rule, the first is shown and the others are listed below it."""
    told: set[tuple[str, str]] = set()
    alike = _alike(report)
    for found in sorted(report.diagnostics, key=lambda d: (SEVERITIES.index(report.rule(d.code).severity), d.code)):
        group = alike.get((found.code, found.cure), [found])
        if found is group[0]:
            yield from _finding(report, found, group, told)
            yield ""
    yield summary.count(report)
    yield from summary.fixes(report)
    yield from summary.cures(report)
    yield from summary.hints(report)


def _alike(report: Report) -> dict[tuple[str, str], list[Diagnostic]]:
    """The findings of each rule that have the same cure."""
    found: dict[tuple[str, str], list[Diagnostic]] = {}
    for diagnostic in report.diagnostics:
        if diagnostic.cure:
            found.setdefault((diagnostic.code, diagnostic.cure), []).append(diagnostic)
    return found


def _finding(report: Report, found: Diagnostic, group: list[Diagnostic], told: set[tuple[str, str]]) -> Iterator[str]:
    style = report.style
    rule = report.rule(found.code)
    look = SEVERITY[rule.severity]
    title = f"{rule.name} ({rule.severity}): "
    head = f"{style.link(style.paint(found.code, look), rule.url)} {style.paint(title, look)}"
    yield from _wrapped(f"{found.code} {title}", head, printable(found.message), "  ", style)
    lines = report.lines(found.path)
    margin = " " * len(str(max(min(found.span.line + CONTEXT, len(lines)), found.span.line)))
    yield f"{margin}{style.paint('-->', 'bold blue')} {_where(found)}"
    yield from _frame(found.span, lines, margin, look, style)
    notes = [("why", rule.summary), ("fix", report.remedy(found))]
    if group[1:]:
        notes.append((f"all {len(group)}", found.cure))
    for label, text in notes:
        if text and (found.code, text) not in told:
            told.add((found.code, text))
            head = f"{margin} {style.paint('=', 'bold blue')} {style.paint(label, 'bold')}: "
            indent = margin + " " * (len(label) + 5)
            yield from _wrapped(f"{margin} = {label}: ", head, printable(text), indent, style)
    for other in group[1:]:
        where = _where(other)
        head = f"{margin} {style.paint('-->', 'bold blue')} {where} "
        yield from _wrapped(f"{margin} --> {where} ", head, printable(other.message), margin + " " * 5, style)


def _where(found: Diagnostic) -> str:
    return f"{printable(found.path)}:{found.span.line}:{found.span.column + 1}"


def _wrapped(head: str, painted_head: str, text: str, indent: str, style: Style) -> Iterator[str]:
    """`text` behind `head` on as many lines as the terminal's width asks for, the later ones behind `indent`."""
    if not style.width:
        yield painted_head + text
        return
    lines = textwrap.wrap(
        head + text,
        min(style.width, PROSE),
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    yield painted_head + lines[0][len(head) :]
    yield from lines[1:]


def _frame(span: Span, lines: Sequence[str], margin: str, look: str, style: Style) -> Iterator[str]:
    """The lines around the beginning of `span`, with it marked."""
    bar = f"{margin} {style.paint('|', 'bold blue')}"
    if not 0 < span.line <= len(lines):
        return
    first, last = max(span.line - CONTEXT, 1), min(span.line + CONTEXT, len(lines))
    while not lines[first - 1].strip() and first < span.line:
        first += 1
    while not lines[last - 1].strip() and last > span.line:
        last -= 1
    marked = lines[span.line - 1].rstrip()
    start = cells(_shown(marked[: span.column]))
    end = cells(_shown(marked[: span.end_column if span.end_line == span.line else None]))
    room = _Room(style.width - len(margin) - 3 if style.width else None, start)
    yield bar
    for number in range(first, last + 1):
        label = style.paint(f"{number:>{len(margin)}} |", "bold blue")
        yield f"{label} {room.cut(_shown(lines[number - 1]))}".rstrip()
        if number == span.line:
            indent, carets = room.place(start, max(end, start + 1))
            yield f"{bar} {' ' * indent}{style.paint('^' * carets, look)}"
    yield bar


class _Room:
    """The part of long lines that a terminal shows, chosen so that the mark at column `start` is well inside."""

    def __init__(self, width: int | None, start: int) -> None:
        self.width = width
        self.left = start - width // 4 if width and start > width * 2 // 3 else 0

    def cut(self, text: str) -> str:
        """`text` from the left column on, as far as there is room; "…" stands for what is cut off."""
        if self.width is None:
            return text
        shown, column = "", 0
        for character in text:
            if column >= self.left:
                shown += character
            column += cells(character)
            if cells(shown) > self.width:
                while cells(shown) >= self.width:
                    shown = shown[:-1]
                shown += "…"
                break
        return "…" + shown[1:] if self.left and shown else shown

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where the marks under the columns from `start` to `end` begin, and how many they are."""
        end = end if self.width is None else min(end, self.left + self.width - 1)
        return start - self.left, max(end - start, 1)


def _shown(text: str) -> str:
    return printable(text.rstrip("\r\n").replace("\t", "    "))
