"""Text as the editor sees it: lines and positions in the units that client and server agreed on."""

from __future__ import annotations

import re
import tokenize
from bisect import bisect_right
from functools import cached_property

from lsprotocol import types

from ..model import Span

_LINE_END = re.compile("\r\n|\r|\n")
_BOM = "\ufeff"


class Text:
    """The text of a buffer. Lines end where the protocol says, at LF, CRLF and CR; so do those of a `Span`.

    `encoding` is the position encoding: "utf-8", "utf-16" or "utf-32".
    """

    def __init__(self, text: str, encoding: str) -> None:
        self.text = text
        self.encoding = encoding

    @cached_property
    def _lines(self) -> list[tuple[int, int]]:
        return [match.span() for match in _LINE_END.finditer(self.text)]

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(end for _, end in self._lines)]

    @cached_property
    def _ends(self) -> list[int]:
        return [*(start for start, _ in self._lines), len(self.text)]

    def __len__(self) -> int:
        """The number of lines."""
        return len(self._starts)

    def line(self, number: int) -> str:
        """The line of that number, from 0, without its end; "" where there is none."""
        return self.text[self._starts[number] : self._ends[number]] if 0 <= number < len(self) else ""

    def units(self, text: str) -> int:
        """How many units of the position encoding the text takes."""
        if self.encoding == "utf-32":
            return len(text)
        if self.encoding == "utf-8":
            return len(text.encode("utf-8", "surrogatepass"))
        return len(text.encode("utf-16-le", "surrogatepass")) // 2

    def position(self, offset: int) -> types.Position:
        """The position of a code point."""
        offset = min(max(offset, 0), len(self.text))
        number = bisect_right(self._starts, offset) - 1
        start, end = self._starts[number], self._ends[number]
        return types.Position(number, self.units(self.text[start : min(offset, end)]))

    def offset(self, position: types.Position) -> int:
        """The code point at a position; what is beyond the end of a line or of the text is that end."""
        if position.line >= len(self):
            return len(self.text)
        start = self._starts[position.line]
        left = position.character
        for count, char in enumerate(self.line(position.line)):
            left -= self.units(char)
            if left < 0:
                return start + count
        return self._ends[position.line] if left >= 0 else start

    def place(self, line: int, column: int) -> int:
        """The code point at a line (from 1) and column (from 0) of a span, which do not count a BOM."""
        if line < 1:
            return 0
        if line > len(self):
            return len(self.text)
        column += line == 1 and self.text.startswith(_BOM)
        return min(self._starts[line - 1] + column, self._ends[line - 1])

    def range(self, span: Span) -> types.Range:
        """The range of a span."""
        return types.Range(
            self.position(self.place(span.line, span.column)), self.position(self.place(span.end_line, span.end_column))
        )

    def bytes(self) -> bytes:
        """The text as a file of Python would hold it, in the encoding that it declares. Raises UnicodeError or
        LookupError where that is not possible."""
        plain = self.text.encode("utf-8", "surrogatepass")
        if b"coding" not in plain[:400]:
            return plain
        lines = iter(plain.splitlines(keepends=True)[:2])
        try:
            encoding, _ = tokenize.detect_encoding(lambda: next(lines, b""))
        except SyntaxError:
            return plain
        return plain if encoding.startswith("utf-8") else self.text.encode(encoding)


def shifted(before: str, after: str, spans: list[Span]) -> list[Span | None]:
    """Where spans of one text are in another that an edit made of it, None for those that the edit touched; whole
    lines are compared."""
    old, new = _LINE_END.split(before), _LINE_END.split(after)
    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    tail = 0
    while tail < min(len(old), len(new)) - same and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    moved = len(new) - len(old)
    found: list[Span | None] = []
    for span in spans:
        if span.end_line <= same:
            found.append(span)
        elif span.line > len(old) - tail:
            found.append(Span(span.line + moved, span.column, span.end_line + moved, span.end_column))
        else:
            found.append(None)
    return found
