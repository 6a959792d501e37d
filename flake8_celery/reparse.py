"""The facts of a file that is edited again and again: only the statements that have changed are parsed anew.

A statement at the top of a module parses to the same tree alone as within the whole text. Python's own parser, which is
many times faster, says where these statements begin and end; whatever it does not understand is parsed as a whole.
"""

from __future__ import annotations

import ast
import gc
import re
import sys
import warnings
from dataclasses import dataclass, field

import libcst as cst  # noqa: TC002

from .facts import RECURSION, Walk, facts
from .model import Module, Span
from .positions import positions
from .source import Source, SourceError, parse

_LINE_END = re.compile("\r\n|\r|\n")
_BETWEEN = re.compile(r"[ \t\f]*(?:#.*)?")


@dataclass(slots=True)
class _Chunk:
    """Statements that stand together from the line `first` on, and where what the facts want of them is."""

    tree: cst.Module
    first: int = 0
    spans: list[Span] = field(default_factory=list)

    def move(self, first: int) -> None:
        """The statements stand elsewhere now."""
        by = first - self.first
        if by:
            self.spans = [Span(s.line + by, s.column, s.end_line + by, s.end_column) for s in self.spans]
            self.first = first


@dataclass
class Parsed:
    """The statements of the last text of a file."""

    chunks: dict[str, _Chunk] = field(default_factory=dict)


def facts_again(source: Source, parsed: Parsed) -> Module:
    """What `facts` gives for the text, with the help of what was parsed of the text before. Raises SourceError."""
    limit = sys.getrecursionlimit()
    collecting = gc.isenabled()
    gc.disable()
    sys.setrecursionlimit(max(limit, RECURSION))
    try:
        found = _facts(source, parsed)
    except RecursionError as error:
        raise SourceError(source.path, 1, "nested too deeply to analyse") from error
    finally:
        sys.setrecursionlimit(limit)
        if collecting:
            gc.enable()
    if found is None:
        parsed.chunks = {}
        return facts(source)
    return found


def _facts(source: Source, parsed: Parsed) -> Module | None:
    starts = [0, *(match.end() for match in _LINE_END.finditer(source.text))]
    ranges = _ranges(source.text, starts)
    if ranges is None:
        return None
    starts.append(len(source.text))
    walk = Walk()
    chunks: dict[str, _Chunk] = {}
    with walk.in_module():
        for first, last in ranges:
            text = source.text[starts[first - 1] : starts[last]]
            chunk = chunks.get(text) or parsed.chunks.get(text)
            if chunk is None:
                try:
                    data = text.encode("utf-8", "surrogatepass")
                    chunk = _Chunk(parse(Source(source.path, data, text, False, source.newline, "utf-8")))
                except SourceError:
                    return None
            chunks[text] = chunk
            if chunk.first:
                chunk.move(first)
                walk.placed = iter(chunk.spans)
            for statement in chunk.tree.body:
                walk.statement(statement)
            walk.placed = None
            if not chunk.first:
                places = positions(chunk.tree, [node for node, _ in walk.pending])
                for (_, span), found in zip(walk.pending, places, strict=True):
                    object.__setattr__(span, "line", found.line + first - 1)
                    object.__setattr__(span, "column", found.column)
                    object.__setattr__(span, "end_line", found.end_line + first - 1)
                    object.__setattr__(span, "end_column", found.end_column)
                chunk.spans, chunk.first = [span for _, span in walk.pending], first
                walk.pending.clear()
    parsed.chunks = chunks
    return walk.close(source.path)


def _ranges(text: str, starts: list[int]) -> list[tuple[int, int]] | None:
    """The first and last lines of the statements at the top of a text, those on the same lines together; None where
    that cannot be told, or anything else than comments stands between them."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found: list[tuple[int, int]] = []
    for node in body:
        decorators = getattr(node, "decorator_list", ())
        first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
        last = node.end_lineno or node.lineno
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    line = 1
    ends = [*starts[1:], len(text)]
    for first, last in [*found, (len(starts) + 1, 0)]:
        for number in range(line, first):
            if _BETWEEN.fullmatch(text[starts[number - 1] : ends[number - 1]].rstrip("\r\n")) is None:
                return None
        line = last + 1
    return found
