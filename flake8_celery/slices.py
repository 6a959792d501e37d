"""The facts of a file, statement by statement: libcst parses those that concern Celery, Python's own parser the others.

A statement on lines of its own parses to the same tree alone as within the whole text; one within a block, below a
line that opens one. Of a function or class that names Celery before its body begins, libcst parses that much, and of
the body what names it. Python's parser, which is many times faster, says where statements begin and end. Whatever it
does not understand libcst parses as a whole. What libcst has parsed in an earlier run, and has not changed since, is
left to Python's parser too.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, TypeAlias

from .gathering import deep
from .hashing import blake2b
from .model import Module, Span
from .plain_facts import PlainWalk, UnsureError, parsed
from .source import Source, SourceError, concerning_lines, may_be_deep, parse

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    import libcst as cst

_LINE_END = re.compile("\r\n|\r|\n")
_BETWEEN = re.compile(r"[ \t\f]*(?:#.*)?")
_INDENT = re.compile(r"[ \t]*")
_BLOCK = "if 1:"
"""Opens a block, for statements that are indented."""
_MOST_UNSURE = 20
"""Statements that Python's tree says too little about: with more of them libcst takes the file."""


_Key: TypeAlias = tuple[str, bool]
"""The text of statements, and whether they are indented."""


@dataclass(slots=True)
class _Slice:
    """Statements that stand together from the line `first` on, and where what the facts want of them is."""

    statements: Sequence[cst.CSTNode]
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

    known: dict[_Key, _Slice] = field(default_factory=dict)


def facts_of(
    source: Source, slices: Slices | None = None, *, concerns: bool = True, by_libcst: Collection[str] = ()
) -> Module:
    """The facts of a file; `concerns` is False where it is known that it does not concern Celery. With `slices`, which
    keep what was parsed of the text before, only statements that have changed since are parsed anew; `by_libcst` stands
    for statements that libcst need not parse again. Raises SourceError where the file cannot be parsed or is nested too
    deeply."""
    if not may_be_deep(source.data):
        try:
            tree = parsed(source.text)
            with deep(source):
                concerning = concerning_lines(source.data) if concerns else []
                return _facts(source, tree, concerning, slices, frozenset(by_libcst))
        except UnsureError:
            pass
    if slices is not None:
        slices.known = {}
    from .facts import facts

    return facts(source)


def _facts(
    source: Source, tree: ast.Module, concerning: Sequence[int], slices: Slices | None, by_libcst: frozenset[str]
) -> Module:
    unsure: set[ast.stmt] = set()
    before = slices.known if slices is not None else {}
    while True:
        walk = _Slicing(source, concerning, unsure, before, by_libcst)
        try:
            with walk.in_module():
                walk.over(tree)
            break
        except UnsureError:
            if walk.unsure is None or len(unsure) == _MOST_UNSURE:
                raise
            unsure.add(walk.unsure)
            before = {**before, **walk.known}
    if slices is not None:
        slices.known = walk.known
    module = walk.close(source.path)
    object.__setattr__(module, "by_libcst", frozenset(walk.by_libcst))
    return module


def _stands_for(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


class _Slicing(PlainWalk):
    """Walks over Python's tree, and has libcst parse what stands in lines that concern Celery."""

    def __init__(
        self,
        source: Source,
        concerning: Sequence[int],
        unsure: Iterable[ast.stmt],
        before: dict[_Key, _Slice],
        known: frozenset[str],
    ) -> None:
        super().__init__(source.text)
        self.by_libcst: set[str] = set()
        """What stands for the texts that libcst parses, or has parsed earlier."""
        self._known_by_libcst = known
        self.known: dict[_Key, _Slice] = {}
        self.unsure: ast.stmt | None = None
        """What Python's tree says too little about, when that was found."""
        self._source = source
        self._concerning = concerning
        self._before = before
        self._unsure = frozenset(unsure)
        self._whole = set(self._unsure)
        self._headed: set[ast.stmt] = set()
        """Functions and classes that libcst parses up to where their body begins."""

    def over(self, tree: ast.Module) -> None:
        """Gather what the statements of the module say. Raises UnsureError."""
        if self._concerning or self._whole:
            _check_between(tree, self.lines)
            for statements, first, last in _groups(tree):
                self._group(statements, first, last)
        else:
            self._suite(tree.body)

    def _group(self, statements: list[ast.stmt], first: int, last: int) -> None:
        """Gather what statements at the top of the module say, which begin and end in these lines."""
        if len(statements) == 1 and self._cut(statements[0]) and statements[0] not in self._whole:
            self.statement(statements[0])
        else:
            text = self._text(first, last) if self._concerns(first, last) else ""
            if text and not self._is_known(text):
                self._by_libcst(text, first)
                return
            for statement in statements:
                self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        """Gather what a statement says."""
        if node in self._whole:
            first, last = _lines(node)
            text = self._text(first, last)
            if node in self._unsure or not self._is_known(text):
                self._by_libcst(text, first)
                return
        elif node in self._headed:
            assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            text = self._heading(node)
            if not self._is_known(text):
                self._by_libcst(text, _lines(node)[0], node.body)
                return
        try:
            super().statement(node)
        except UnsureError:
            if self.unsure is None and self._is_apart(node):
                self.unsure = node
            raise

    def _is_known(self, text: str) -> bool:
        """Whether libcst has parsed a text in an earlier run. If not, it does now."""
        key = _stands_for(text)
        self.by_libcst.add(key)
        return key in self._known_by_libcst

    # --- what is cut

    def _concerns(self, first: int, last: int) -> bool:
        return bisect_right(self._concerning, last) > bisect_left(self._concerning, first)

    def _cut(self, node: ast.stmt) -> bool:
        """Choose what libcst parses of a statement; False where it cannot be had without what stands around it."""
        first, last = _lines(node)
        if not self._concerns(first, last) or _is_text(node):
            return True
        within = list(_within(node))
        if within and all(self._begins_line(child) for child in within):
            if not self._concerns_without(first, last, within):
                if all(map(self._cut, within)):
                    return True
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and self._is_apart(node):
                if all(map(self._cut, within)):
                    self._headed.add(node)
                    return True
        if self._is_apart(node):
            self._whole.add(node)
            return True
        return False

    def _concerns_without(self, first: int, last: int, within: Sequence[ast.stmt]) -> bool:
        """Whether anything of these lines concerns Celery beside statements in them, which are in order."""
        line = first
        for begin, end in map(_lines, within):
            if self._concerns(line, begin - 1):
                return True
            line = end + 1
        return self._concerns(line, last)

    def _begins_line(self, node: ast.stmt) -> bool:
        first, _ = _lines(node)
        line = self.lines[first - 1]
        if getattr(node, "decorator_list", None):
            return line.lstrip(" \t").startswith("@")
        return not line[: self._start(node)[1]].strip(" \t")

    def _is_apart(self, node: ast.stmt) -> bool:
        """Whether a statement has its lines for itself, and is one where it stands alone."""
        last, column = self._end(node)
        return (
            self._begins_line(node)
            and _BETWEEN.fullmatch(self.lines[last - 1], column) is not None
            and not (isinstance(node, ast.If) and self.lines[node.lineno - 1].lstrip(" \t").startswith("elif"))
        )

    # --- what libcst parses

    @cached_property
    def _starts(self) -> list[int]:
        """Where the lines begin, and the text ends."""
        text = self._source.text
        if "\r" in text:
            return [0, *(match.end() for match in _LINE_END.finditer(text)), len(text)]
        return [*accumulate((len(line) + 1 for line in self.lines[:-1]), initial=0), len(text)]

    def _text(self, first: int, last: int) -> str:
        return self._source.text[self._starts[first - 1] : self._starts[last]]

    def _heading(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> str:
        """The text of a function or class up to its body."""
        first, _ = _lines(node)
        body, _ = _lines(node.body[0])
        last = body - 1
        while _BETWEEN.fullmatch(self.lines[last - 1]) is not None:
            last -= 1
        indent = _INDENT.match(self.lines[body - 1])
        assert indent is not None
        return f"{self._text(first, last)}{indent[0]}pass{self._source.newline}"

    def _by_libcst(self, text: str, first: int, body: Sequence[ast.stmt] | None = None) -> None:
        """Gather what statements say by libcst, which begin in the line `first`. Their own statements are `body` where
        that is given."""
        from .facts import Walk

        indented = text[:1] in (" ", "\t")
        key = text, indented
        part = self.known.get(key) or self._before.get(key)
        if part is None:
            part = self._parsed(text, indented)
        self.known[key] = part
        walk = Walk(self.scopes)
        walk.here, walk.block, walk.read = self.here, self.block, self.read
        if part.first:
            part.move(first)
            walk.placed = iter(part.spans)

        def within() -> None:
            assert body is not None
            outer = self.here, self.block
            self.here, self.block, self.read = walk.here, walk.block, walk.read
            self._suite(body)
            self.here, self.block = outer
            walk.read = self.read

        for statement in part.statements:
            if body is None:
                walk.statement(statement)
            else:
                walk.heading(statement, within)
        self.read = walk.read
        if not part.first:
            walk.place(part.tree, first - 1 - indented)
            part.spans, part.first = [span for _, span in walk.pending], first

    def _parsed(self, text: str, indented: bool) -> _Slice:
        if indented:
            text = f"{_BLOCK}{self._source.newline}{text}"
        data = text.encode("utf-8", "surrogatepass")
        try:
            tree = parse(Source(self._source.path, data, text, False, self._source.newline, "utf-8"), flat=True)
        except SourceError as error:
            raise UnsureError from error
        return _Slice(tree.body[0].body.body if indented else tree.body, tree)  # type: ignore[union-attr]


def _is_text(node: ast.stmt) -> bool:
    """Whether a statement is a docstring: what it tells of Celery is no code."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _within(node: ast.AST) -> Iterator[ast.stmt]:
    """The statements in a compound one, in order."""
    for name in ("body", "handlers", "orelse", "finalbody", "cases"):
        for child in getattr(node, name, ()):
            if isinstance(child, ast.stmt):
                yield child
            else:
                yield from _within(child)


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
