"""What comments say about the code at a place: those behind it, right above it, or at the head of the entry that it is
part of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .model import Span

_NEWLINE = re.compile(r"\r\n?|\n")
_STRING = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"")
_PART = re.compile(r"""\s*(?:["']?schedule["']?\s*[:=]\s*)?(?:[\w.]+\.)?""")
_OPENS = ("{", "(", "[")
_LONGEST_ENTRY = 40
_LONGEST_COMMENT = 4


def lines_of(data: bytes) -> list[str]:
    """The lines of a file."""
    return _NEWLINE.split(data.decode("utf-8", "replace"))


def comments_on(lines: Sequence[str], span: Span) -> Iterator[str]:
    """The comments, without their signs, that stand at the lines of a span, above it, and, where it is the schedule of
    an entry or an argument, at the head of that dictionary or call. The lines of one comment are put together."""
    for number in range(span.line, min(span.end_line, len(lines)) + 1):
        yield from _behind(lines[number - 1])
    yield from _above(lines, span.line)
    before = lines[span.line - 1][: span.column]
    head = _head(lines, span.line) if _PART.fullmatch(before) else 0
    if head:
        yield from _behind(lines[head - 1])
        yield from _above(lines, head)


def _behind(line: str) -> Iterator[str]:
    _, sign, text = _STRING.sub("", line).partition("#")
    if sign and text.strip():
        yield text.strip(" \t#:")


def _above(lines: Sequence[str], number: int) -> Iterator[str]:
    """The comment that ends on the line above."""
    found: list[str] = []
    for line in reversed(lines[max(0, number - 1 - _LONGEST_COMMENT) : number - 1]):
        text = line.strip()
        if not text.startswith("#"):
            break
        found.append(text.strip(" \t#:"))
    if found:
        yield " ".join(reversed(found))


def _head(lines: Sequence[str], number: int) -> int:
    """The line that opens the entry which the line belongs to, 0 where there is none."""
    depth = _indent(lines[number - 1])
    for above in range(number - 1, max(0, number - _LONGEST_ENTRY), -1):
        line = lines[above - 1]
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if _indent(line) < depth:
            code = _STRING.sub("", line).partition("#")[0].rstrip()
            return above if code.endswith(_OPENS) else 0
    return 0


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
