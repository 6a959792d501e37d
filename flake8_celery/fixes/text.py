"""The text of a file with its syntax tree and the places of its nodes, and edits of it that keep everything else."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import libcst as cst
from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider

from ..model import Edit, Span
from ..source import parse

if TYPE_CHECKING:
    from ..project import Project
    from ..source import Source

    Node = TypeVar("Node", bound=cst.CSTNode)

_NARROW, _USUAL, _WIDE = 79, 88, 120
_LONG_FILE = 100
_NEWLINE = re.compile(r"\r\n?|\n")


class Text:
    """A Python file that is to be edited. Raises SourceError, when its tree is asked for, where it cannot be parsed."""

    def __init__(self, source: Source, project: Project) -> None:
        self.source = source
        self.project = project

    # --- the text

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in _NEWLINE.finditer(self.source.text))]

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends."""
        return _NEWLINE.split(self.source.text)

    def offset(self, line: int, column: int) -> int:
        """The index in the text of a place; lines count from 1, columns in code points from 0."""
        return self._starts[line - 1] + column

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an index in the text."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1]

    def span(self, start: int, end: int) -> Span:
        """The span between two indices in the text."""
        return Span(*self.place(start), *self.place(end))

    def at(self, span: Span) -> str:
        """The text of a span."""
        return self.source.text[self.offset(span.line, span.column) : self.offset(span.end_line, span.end_column)]

    # --- the tree

    @cached_property
    def _wrapper(self) -> MetadataWrapper:
        return MetadataWrapper(parse(self.source), unsafe_skip_copy=True)

    @property
    def tree(self) -> cst.Module:
        return self._wrapper.module

    @cached_property
    def _places(self) -> dict[cst.CSTNode, Span]:
        ranges = self._wrapper.resolve(PositionProvider)
        return {n: Span(r.start.line, r.start.column, r.end.line, r.end.column) for n, r in ranges.items()}

    @cached_property
    def _parents(self) -> dict[cst.CSTNode, cst.CSTNode]:
        return dict(self._wrapper.resolve(ParentNodeProvider))

    @cached_property
    def _beginnings(self) -> dict[tuple[int, int], list[cst.CSTNode]]:
        found: dict[tuple[int, int], list[cst.CSTNode]] = {}
        for node, span in self._places.items():
            found.setdefault((span.line, span.column), []).append(node)
        return found

    def place_of(self, node: cst.CSTNode) -> Span:
        """Where a node's own syntax stands, without parentheses and trivia around it."""
        return self._places[node]

    def code(self, node: cst.CSTNode) -> str:
        """The text of a node, without parentheses and trivia around it."""
        return self.at(self.place_of(node))

    def parents(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes around a node, the innermost first."""
        while node in self._parents:
            node = self._parents[node]
            yield node

    def around(self, node: cst.CSTNode, kind: type[Node]) -> Node | None:
        """The innermost node of a kind around a node."""
        return next((parent for parent in self.parents(node) if isinstance(parent, kind)), None)

    def node(self, span: Span, kind: type[Node]) -> Node | None:
        """The node of a kind that begins where `span` does: of several that which ends there too, else the outermost.

        The spans of definitions and other compound statements in findings tell their beginning only.
        """
        here = [n for n in self._beginnings.get((span.line, span.column), ()) if isinstance(n, kind)]
        exact = [n for n in here if self.place_of(n) == span]
        by_size = sorted(
            exact or here, key=lambda n: -self.offset(self.place_of(n).end_line, self.place_of(n).end_column)
        )
        return by_size[0] if by_size else None

    def decorator(self, span: Span) -> cst.Decorator | None:
        """The decorator at a span, which may leave the `@` out."""
        here = self.node(span, cst.Decorator)
        if here is not None:
            return here
        for node in self._beginnings.get((span.line, span.column), ()):
            around = self.around(node, cst.Decorator)
            if around is not None and around.decorator is node:
                return around
        return None

    def nodes_in(self, span: Span, kind: type[Node]) -> list[Node]:
        """The nodes of a kind within a span, in the order of the text."""
        first, last = (span.line, span.column), (span.end_line, span.end_column)
        found = [
            (place.line, place.column, -place.end_line, -place.end_column, number, node)
            for number, (node, place) in enumerate(self._places.items())
            if isinstance(node, kind)
            and (place.line, place.column) >= first
            and (place.end_line, place.end_column) <= last
        ]
        return [entry[-1] for entry in sorted(found, key=lambda e: e[:-1])]

    def nodes(self, kind: type[Node]) -> list[Node]:
        """All nodes of a kind, in the order of the text."""
        return self.nodes_in(Span(1, 0, len(self._starts) + 1, 0), kind)

    def all_nodes(self) -> Iterable[cst.CSTNode]:
        """All nodes, in no order."""
        return self._places

    # --- edits

    def replace(self, node: cst.CSTNode, text: str) -> Edit:
        """Put `text` in the place of a node."""
        return Edit(self.place_of(node), text)

    def insert(self, line: int, column: int, text: str) -> Edit:
        """Put `text` at a place."""
        return Edit(Span(line, column, line, column), text)

    def insert_before(self, node: cst.CSTNode, text: str) -> Edit:
        place = self.place_of(node)
        return self.insert(place.line, place.column, text)

    def insert_after(self, node: cst.CSTNode, text: str) -> Edit:
        place = self.place_of(node)
        return self.insert(place.end_line, place.end_column, text)

    def indent(self, line: int) -> str:
        """The white space that a line begins with."""
        text = self.lines[line - 1]
        return text[: len(text) - len(text.lstrip(" \t\f"))]

    def own_lines(self, node: cst.CSTNode) -> bool:
        """Whether nothing but comments stands beside a statement on its lines."""
        place = self.place_of(node)
        before = self.lines[place.line - 1][: place.column].strip()
        after = self.lines[place.end_line - 1][place.end_column :].strip()
        return not before and (not after or after.startswith("#"))

    def lines_before(self, node: cst.CSTNode, *lines: str) -> Edit | None:
        """Put lines, with the statement's indentation, above a statement; None where it shares its line."""
        if not self.own_lines(node):
            return None
        line = self.place_of(node).line
        if isinstance(node, cst.FunctionDef | cst.ClassDef) and node.decorators:
            line = self.place_of(node.decorators[0]).line
        indent = self.indent(line)
        return self.insert(
            line, 0, "".join(f"{indent}{text}{self.source.newline}" if text else self.source.newline for text in lines)
        )

    def lines_after(self, node: cst.CSTNode, *lines: str) -> Edit | None:
        """Put lines, with the statement's indentation, below a simple statement; None where it shares its line."""
        if not self.own_lines(node):
            return None
        place = self.place_of(node)
        newline, indent = self.source.newline, self.indent(place.line)
        if place.end_line >= len(self.lines):  # the file ends without a newline
            added = "".join(f"{newline}{indent}{text}" for text in lines)
            return self.insert(place.end_line, len(self.lines[place.end_line - 1]), added)
        return self.insert(place.end_line + 1, 0, "".join(f"{indent}{text}{newline}" for text in lines))

    def remove_statement(self, node: cst.BaseSmallStatement) -> Edit | None:
        """Take a simple statement away with its line, or leave `pass` where its block would be empty; None where it
        shares its line with another or has a comment of its own."""
        line = self._parents.get(node)
        if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1 or not self.own_lines(node):
            return None
        place = self.place_of(node)
        block = self._parents.get(line)
        if isinstance(block, cst.IndentedBlock) and len(block.body) == 1:
            return Edit(place, "pass")
        if self.lines[place.end_line - 1][place.end_column :].strip():
            return None
        end = self._starts[place.end_line] if place.end_line < len(self._starts) else len(self.source.text)
        return Edit(self.span(self._starts[place.line - 1], end), "")

    @cached_property
    def indent_unit(self) -> str:
        """What one level of blocks is indented by."""
        for node in self._places:
            if isinstance(node, cst.IndentedBlock) and node.indent is not None:
                return node.indent
        return self.tree.default_indent

    @cached_property
    def width(self) -> int:
        """How long a line may become: as long as the longest of the file, within what style guides ask for."""
        least = _NARROW if len(self.lines) >= _LONG_FILE else _USUAL
        return min(max(least, *map(len, self.lines)), _WIDE)

    # --- literals

    @cached_property
    def _quote(self) -> str:
        strings = [node.quote for node in self._places if isinstance(node, cst.SimpleString)]
        return "'" if strings.count("'") > strings.count('"') else '"'

    def quoted(self, value: str) -> str:
        """A text as a literal, in the quotes that the file uses most."""
        inner = value.replace("\\", "\\\\").replace(self._quote, f"\\{self._quote}").replace("\n", "\\n")
        return f"{self._quote}{inner}{self._quote}"

    # --- arguments

    def add_argument(self, call: cst.Call, *texts: str) -> Edit:
        """Add arguments, such as `timeout=5`, as the last of a call, in the call's own layout. A call that would
        get too long for its line gets a line for each argument.

        Raises ValueError where the call has a bare generator.
        """
        text = ", ".join(texts)
        inside = self.inside(call)
        if not call.args:
            return Edit(inside, text) if not self.at(inside).strip() else self.insert(inside.line, inside.column, text)
        starred = next((a for a in call.args if a.star == "**"), None)
        last = starred if starred is not None else call.args[-1]
        if isinstance(last.value, cst.GeneratorExp) and not last.value.lpar and last.keyword is None:
            raise ValueError("a bare generator takes no second argument")
        if (
            inside.line == inside.end_line
            and len(self.lines[inside.line - 1].expandtabs(4)) + len(text) + 2 > self.width
        ):
            return self._one_each(call, texts)
        place = self.place_of(last)
        index = list(call.args).index(last)
        first = self.place_of(call.args[0])
        alone = first.line != inside.line and (index == 0 or self.place_of(call.args[index - 1]).end_line != place.line)
        line = f"{self.source.newline}{self.indent(place.line)}"
        if starred is not None:  # nothing but keywords may follow, and they may
            each = f",{line}" if alone else ", "
            return self.insert_before(starred, "".join(f"{t}{each}" for t in texts))
        comma = self._comma(last)
        end = (comma.end_line, comma.end_column) if comma is not None else (place.end_line, place.end_column)
        if alone:
            rest = self.lines[end[0] - 1][end[1] :]
            added = f",{line}".join(texts)
            if rest.lstrip().startswith("#"):
                given = "" if comma is not None else ","
                edge = self.span(self.offset(*end), self.offset(end[0], len(self.lines[end[0] - 1])))
                return Edit(edge, f"{given}{rest}{line}{added}{',' if comma is not None else ''}")
            return self.insert(*end, f"{line}{added}," if comma is not None else f",{line}{added}")
        if comma is not None:
            return self.insert(*end, f" {text}" + ("," if place.end_line != self.place_of(call).end_line else ""))
        return self.insert(*end, f", {text}")

    def _one_each(self, call: cst.Call, texts: tuple[str, ...]) -> Edit:
        """The arguments of a call with some more, one in a line."""
        inside = self.inside(call)
        newline, indent = self.source.newline, self.indent(inside.line)
        starred = [a for a in call.args if a.star == "**"]
        given = [self.code(a) for a in call.args if a.star != "**"]
        each = [*given, *texts, *(self.code(a) for a in starred)]
        lines = "".join(f"{newline}{indent}{self.indent_unit}{part}," for part in each)
        return Edit(inside, f"{lines}{newline}{indent}")

    def remove_argument(self, call: cst.Call, arg: cst.Arg) -> Edit:
        """Take an argument away with its comma, and with its line where it has one of its own."""
        index = list(call.args).index(arg)
        place = self.place_of(arg)
        comma = self._comma(arg)
        end = self.offset(comma.end_line, comma.end_column) if comma else self.offset(place.end_line, place.end_column)
        start = self.offset(place.line, place.column)
        if comma is not None:
            rest = self.source.text[end:]
            blank = re.match(r"[ \t]*", rest)
            own_line = not self.lines[place.line - 1][: place.column].strip()
            newline = re.match(r"[ \t]*(\r\n?|\n)", rest)
            if own_line and newline is not None:
                return Edit(self.span(self._starts[place.line - 1], end + newline.end()), "")
            return Edit(self.span(start, end + (blank.end() if blank else 0)), "")
        if index:
            before = self._comma(call.args[index - 1])
            if before is not None:
                return Edit(self.span(self.offset(before.line, before.column), end), "")
        return Edit(self.span(start, end), "")

    def remove_decorator_argument(self, decorator: cst.Decorator, arg: cst.Arg) -> Edit | None:
        """Take an argument of a decorator away, and its brackets where nothing is left in them; None where a comment
        would go with them."""
        call = decorator.decorator
        if not isinstance(call, cst.Call):
            return None
        if len(call.args) > 1:
            return self.remove_argument(call, arg)
        inside = self.inside(call)
        if self.nodes_in(inside, cst.Comment):
            return None
        place, func = self.place_of(call), self.place_of(call.func)
        return Edit(Span(func.end_line, func.end_column, place.end_line, place.end_column), "")

    def argument(self, call: cst.Call, name: str, position: int | None = None) -> cst.Arg | None:
        """The argument of a call with that name, or at that position where no star stands before it."""
        for arg in call.args:
            if arg.keyword is not None and arg.keyword.value == name:
                return arg
        if position is not None and position < len(call.args):
            head = call.args[: position + 1]
            if all(not a.star and a.keyword is None for a in head):
                return head[-1]
        return None

    def add_decorator_argument(self, decorator: cst.Decorator, *texts: str) -> Edit | None:
        """Add arguments to a decorator, with brackets where it has none."""
        expression = decorator.decorator
        if isinstance(expression, cst.Call):
            return self.add_argument(expression, *texts)
        if isinstance(expression, cst.Name | cst.Attribute):
            line = self.lines[self.place_of(expression).end_line - 1]
            if len(line) + sum(len(text) + 2 for text in texts) > self.width:
                newline, indent = self.source.newline, self.indent(self.place_of(expression).line)
                lines = "".join(f"{newline}{indent}{self.indent_unit}{text}," for text in texts)
                return self.insert_after(expression, f"({lines}{newline}{indent})")
            return self.insert_after(expression, f"({', '.join(texts)})")
        return None

    def add_element(self, node: cst.Dict, text: str) -> Edit:
        """Add an element, such as `"expires": 60`, as the last of a dictionary, in its own layout."""
        place = self.place_of(node)
        if not node.elements:
            return self.insert(place.line, place.column + 1, text)
        last = node.elements[-1]
        here = self.place_of(last.value)
        end = (here.end_line, here.end_column)
        for bracket in last.value.rpar:
            end = (self.place_of(bracket).end_line, self.place_of(bracket).end_column)
        comma = self.place_of(last.comma) if isinstance(last.comma, cst.Comma) else None
        if comma is not None:
            end = (comma.end_line, comma.end_column)
        first = self.place_of(node.elements[0])
        if first.line == place.line:
            fits = len(self.lines[place.line - 1]) + len(text) + 2 <= self.width
            if comma is None and (fits or place.line != place.end_line):
                return self.insert(*end, f", {text}")
            if comma is not None:
                return self.insert(*end, f" {text}")
            newline, indent = self.source.newline, self.indent(place.line)
            each = [
                *(self.tree.code_for_node(e.with_changes(comma=cst.MaybeSentinel.DEFAULT)) for e in node.elements),
                text,
            ]
            lines = "".join(f"{newline}{indent}{self.indent_unit}{part}," for part in each)
            return Edit(place, f"{{{lines}{newline}{indent}}}")
        line = f"{self.source.newline}{self.indent(first.line)}"
        rest = self.lines[end[0] - 1][end[1] :]
        if rest.lstrip().startswith("#"):
            edge = self.span(self.offset(*end), self.offset(end[0], len(self.lines[end[0] - 1])))
            return Edit(edge, f"{'' if comma is not None else ','}{rest}{line}{text}{',' if comma is not None else ''}")
        return self.insert(*end, f"{line}{text}," if comma is not None else f",{line}{text}")

    def inside(self, call: cst.Call) -> Span:
        """Where what stands between the brackets of a call is."""
        place = self.place_of(call)
        func = self.place_of(call.func)
        end = self.offset(place.end_line, place.end_column) - 1
        start = self.source.text.index("(", self.offset(func.end_line, func.end_column)) + 1
        return self.span(start, max(end, start))

    def _comma(self, arg: cst.Arg) -> Span | None:
        if not isinstance(arg.comma, cst.Comma):
            return None
        return self._places[arg.comma]
