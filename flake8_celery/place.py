"""Where something stands in a file."""

from __future__ import annotations

from .frozen import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """Lines count from 1, columns from 0 in code points, as in Python's own `ast`."""

    line: int
    column: int
    end_line: int
    end_column: int


NOWHERE = Span(1, 0, 1, 0)
