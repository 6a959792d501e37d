"""Each finding with the code it is about, why it matters and how to repair it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ..rule import load
from .style import SEVERITY, Style, cells, printable

if TYPE_CHECKING:
    from ..lint import Diagnostic
    from ..model import Span

CONTEXT = 2
PROSE = 120
"""Prose is not set wider than this, however wide the terminal is."""


def render(diagnostics: Iterable[Diagnostic], style: Style, lines_of: Callable[[str], Sequence[str]]) -> Iterator[str]:
    """`lines_of` gives the lines of the file at a diagnostic's path. Reason and remedy stand at a rule's first finding
    in each file."""
    told: set[tuple[str, str]] = set()
    for found in diagnostics:
        rule = load(found.code)
        look = SEVERITY[rule.severity]
        title = f"{rule.name} ({rule.severity}): "
        head = f"{style.link(style.paint(found.code, look), rule.url)} {style.paint(title, look)}"
        yield from _wrapped(f"{found.code} {title}", head, printable(found.message), "  ", style)
        lines = lines_of(found.path)
        margin = " " * len(str(max(min(found.span.line + CONTEXT, len(lines)), found.span.line)))
        where = f"{printable(found.path)}:{found.span.line}:{found.span.column + 1}"
        yield f"{margin}{style.paint('-->', 'bold blue')} {where}"
        yield from _frame(found.span, lines, margin, look, style)
        if (found.path, found.code) not in told:
            told.add((found.path, found.code))
            for label, text in (("why", rule.summary), ("fix", rule.how)):
                if text:
                    head = f"{margin} {style.paint('=', 'bold blue')} {style.paint(label, 'bold')}: "
                    yield from _wrapped(f"{margin} = {label}: ", head, text, margin + " " * 8, style)
        yield ""


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
