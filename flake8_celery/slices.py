"""The facts of a file, statement by statement: libcst parses those that concern Celery, Python's own parser the others.

A statement at the top of a module parses to the same tree alone as within the whole text. Python's parser, which is
many times faster, says where these statements begin and end. Whatever it does not understand libcst parses as a whole.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .gathering import deep
from .model import Module, Span
from .plain_facts import PlainWalk, UnsureError, parsed
from .source import Source, SourceError, concerning_lines, may_be_deep, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import libcst as cst

_LINE_END = re.compile("\r\n|\r|\n")
_BETWEEN = re.compile(r"[ \t\f]*(?:#.*)?")


@dataclass(slots=True)
class _Slice:
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
class Slices:
    """What libcst parsed of the last text of a file, by its text."""

    known: dict[str, _Slice] = field(default_factory=dict)


def facts_of(source: Source, slices: Slices | None = None, *, concerns: bool = True) -> Module:
    """The facts of a file; `concerns` is False where it is known that it does not concern Celery. With `slices`, which
    keep what was parsed of the text before, only statements that have changed since are parsed anew. Raises SourceError
    where it cannot be parsed or is nested too deeply."""
    if not may_be_deep(source.data):
        try:
            tree = parsed(source.text)
            with deep(source):
                return _facts(source, tree, concerning_lines(source.data) if concerns else [], slices)
        except UnsureError:
            pass
    if slices is not None:
        slices.known = {}
    from .facts import facts

    return facts(source)


def _facts(source: Source, tree: ast.Module, concerning: Sequence[int], slices: Slices | None) -> Module:
    before = slices.known if slices is not None else {}
    known: dict[str, _Slice] = {}
    plain = PlainWalk(source.text)
    with plain.in_module():
        starts: list[int] = []
        if concerning:
            _check_between(tree, plain.lines)
            starts = [0, *(match.end() for match in _LINE_END.finditer(source.text)), len(source.text)]
        for statements, first, last in _groups(tree):
            if bisect_right(concerning, last) == bisect_left(concerning, first):
                for statement in statements:
                    plain.statement(statement)
            else:
                text = source.text[starts[first - 1] : starts[last]]
                known[text] = known.get(text) or before.get(text) or _Slice(_parsed(source, text))
                _walk_over(known[text], first, plain)
    if slices is not None:
        slices.known = known
    return plain.close(source.path)


def _parsed(source: Source, text: str) -> cst.Module:
    data = text.encode("utf-8", "surrogatepass")
    try:
        return parse(Source(source.path, data, text, False, source.newline, "utf-8"))
    except SourceError as error:
        raise UnsureError from error


def _walk_over(part: _Slice, first: int, plain: PlainWalk) -> None:
    """Gather what statements of the module say that libcst has parsed, and that begin in the line `first`."""
    from .facts import Walk

    walk = Walk(plain.scopes)
    walk.here = plain.here
    if part.first:
        part.move(first)
        walk.placed = iter(part.spans)
    for statement in part.tree.body:
        walk.statement(statement)
    if not part.first:
        walk.place(part.tree, first - 1)
        part.spans, part.first = [span for _, span in walk.pending], first


def _lines(node: ast.stmt) -> tuple[int, int]:
    """The first and the last line of a statement."""
    decorators = getattr(node, "decorator_list", ())
    return min([node.lineno, *(decorator.lineno for decorator in decorators)]), node.end_lineno or node.lineno


def _groups(tree: ast.Module) -> Iterator[tuple[list[ast.stmt], int, int]]:
    """The statements at the top of a text, those on the same lines together, with the first and the last line."""
    group: list[ast.stmt] = []
    first, last = 0, 0
    for node in tree.body:
        begin, end = _lines(node)
        if group and begin > last:
            yield group, first, last
            group = []
        if not group:
            first, last = begin, end
        group.append(node)
        last = max(last, end)
    if group:
        yield group, first, last


def _check_between(tree: ast.Module, lines: Sequence[str]) -> None:
    """Raise UnsureError where anything else than comments stands between the statements at the top."""
    line = 1
    for first, last in [*map(_lines, tree.body), (len(lines) + 1, 0)]:
        for number in range(line, first):
            if _BETWEEN.fullmatch(lines[number - 1]) is None:
                raise UnsureError
        line = max(line, last + 1)
