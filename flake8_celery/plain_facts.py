"""Python's own syntax tree → facts: those that `facts.py` makes of libcst's tree, at a tenth of the cost.

For what a file says that does not concern Celery and has to be known all the same: which names it binds, which
functions call which. Python's parser keeps no places of some keywords and names; these are looked for in the text. What
is not certain raises `UnsureError`, and libcst is asked instead. A test holds both equal.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from .garbage import uncollected
from .gathering import TASK, Gathering, Open, fold, merged
from .model import (
    Assign,
    Attr,
    Await,
    Bare,
    Block,
    Call,
    CallRef,
    Choice,
    Comp,
    Const,
    Decorator,
    Dict,
    Expr,
    Flow,
    Handler,
    Import,
    Items,
    Name,
    Op,
    Opaque,
    Param,
    Raise,
    Return,
    ScopeRef,
    Span,
    Star,
    Sub,
)

Located: TypeAlias = ast.expr | ast.stmt | ast.alias | ast.pattern | ast.keyword
"""Nodes that have places."""

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.BitOr: "|", ast.BitAnd: "&", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>", ast.MatMult: "@",
    ast.And: "and", ast.Or: "or", ast.Not: "not", ast.USub: "-", ast.UAdd: "+", ast.Invert: "~", ast.Eq: "==",
    ast.NotEq: "!=", ast.Lt: "<", ast.Gt: ">", ast.LtE: "<=", ast.GtE: ">=", ast.In: "in", ast.NotIn: "not in",
    ast.Is: "is", ast.IsNot: "is not",
}  # fmt: skip
_DEFINED = re.compile(r"(?:async[ \t\f]+)?(?:def|class)[ \t\f]+(\w+)")
_CAUGHT = re.compile(r"[ \t\f)]*as[ \t\f]+(\w+)")
_KEYWORD = re.compile(r"[ \t\f]*(\w+)")
_LINE_END = re.compile("\r\n?|\n")
_FOREIGN = re.compile(r"[A-Za-z0-9_]?[^\x00-\x7f]+")
_UNBRACKETED = re.compile(
    r"^[ \t]*except([ \t])([ \t]*[\w.]+(?:[ \t]*,[ \t]*[\w.]+)+[ \t]*):(?=[ \t]*(?:#[^\r\n]*)?(?:\r?\n|\Z))",
    re.MULTILINE,
)
_PLACED = (ast.Call, ast.Await, ast.Lambda, ast.Yield, ast.YieldFrom, ast.NamedExpr, ast.Dict,
           ast.GeneratorExp, ast.ListComp, ast.SetComp, ast.DictComp)  # fmt: skip
"""Expressions of which the places of something within are kept."""
_TRIES = tuple(getattr(ast, name) for name in ("Try", "TryStar") if hasattr(ast, name))


class UnsureError(Exception):
    """What the facts want of the text cannot be told without libcst."""


def parsed(text: str) -> ast.Module:
    """Python's own tree of a text. Raises UnsureError."""
    if not text.isascii() and _is_renamed(text):
        raise UnsureError
    try:
        with uncollected(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return ast.parse(text)
            except SyntaxError:
                return _parsed_with_brackets(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UnsureError from error


def _is_renamed(text: str) -> bool:
    """Whether a word of a text is another one in the normal form in which Python reads names: libcst has them as they
    are written."""
    for run in set(_FOREIGN.findall(text)):
        if not unicodedata.is_normalized("NFKC", run):
            parts = "".join(char if f"_{char}".isidentifier() else " " for char in run).split(" ")
            if any(unicodedata.normalize("NFKC", part) != part for part in parts):
                return True
    return False


def _parsed_with_brackets(text: str) -> ast.Module:
    """The tree of a text in which `except A, B:` stands, which Python takes from 3.14 on. The brackets move nothing
    that is looked at."""
    lines = set()
    pieces = []
    start = 0
    for match in _UNBRACKETED.finditer(text):
        lines.add(text.count("\n", 0, match.start()) + 1)
        pieces += [text[start : match.start(1)], "(", match[2], "):"]
        start = match.end()
    if not lines or "\r" in text.replace("\r\n", "\n"):
        raise UnsureError
    tree = ast.parse("".join([*pieces, text[start:]]))
    if not lines <= {node.lineno for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)}:
        raise UnsureError  # within a string
    return tree


class PlainWalk(Gathering):
    """Walks over statements of `text`; any method may raise UnsureError."""

    def __init__(self, text: str, scopes: list[Open] | None = None) -> None:
        super().__init__(scopes)
        self._ascii = text.isascii()
        self.lines = _LINE_END.split(text) if "\r" in text else text.split("\n")
        self._shift: tuple[int, int] | None = None
        """What is added to the lines and to the columns of the first line, within an f-string."""

    # --- places

    def at(self, node: Located) -> Span:
        """The span of a node without its parentheses."""
        if type(node) in (ast.Tuple, ast.GeneratorExp):
            return self._within_parentheses(node)
        if self._ascii and self._shift is None:
            return Span(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)  # type: ignore[arg-type]
        return Span(*self._start(node), *self._end(node))

    def _start(self, node: Located) -> tuple[int, int]:
        return self._place(node.lineno, node.col_offset)

    def _end(self, node: Located) -> tuple[int, int]:
        return self._place(node.end_lineno or 0, node.end_col_offset or 0)

    def _place(self, line: int, column: int) -> tuple[int, int]:
        """A place of Python's tree, whose columns count bytes."""
        if self._shift is not None:
            # within the text of an expression of an f-string, which is ASCII
            return line + self._shift[0], column + (self._shift[1] if line == 1 else 0)
        text = self.lines[line - 1]
        if text.isascii():
            return line, column
        return line, len(text.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "surrogatepass"))

    def _word(self, pattern: re.Pattern[str], place: tuple[int, int], name: str) -> Span:
        """Where a name stands that the pattern finds at a place."""
        line, column = place
        match = pattern.match(self.lines[line - 1], column)
        if match is None or match[1] != name:
            raise UnsureError
        return Span(line, match.start(1), line, match.end(1))

    def _keyword(self, word: str, after: Sequence[ast.stmt]) -> Span:
        """Where a clause begins that follows these statements."""
        line = after[-1].end_lineno or 0
        while line < len(self.lines):
            line += 1
            text = self.lines[line - 1].strip(" \t\f")
            if text and not text.startswith("#"):
                match = _KEYWORD.match(self.lines[line - 1])
                if match is None or match[1] != word:
                    break
                return Span(line, match.start(1), line, match.start(1))
        raise UnsureError

    def _within_parentheses(self, node: Located) -> Span:
        """The span of a tuple or generator, whose parentheses Python counts in."""
        start, end = self._start(node), self._end(node)
        if isinstance(node, ast.Tuple):
            if not node.elts:
                first = last = None
            else:
                first, last = node.elts[0], node.elts[-1]
                opening = [mark for mark, _ in self._marks(start, self._start(first))]
                following = self._end(node.elts[1] if len(node.elts) > 1 else node)
                closing = 0
                for mark, _ in self._marks(self._end(first), following):
                    if mark != ")":
                        break
                    closing += 1
                if len(opening) not in (closing, closing + 1):
                    raise UnsureError
                if len(opening) == closing:
                    return Span(*start, *end)
        elif isinstance(node, ast.GeneratorExp):
            clause = node.generators[-1]
            first, last = node.elt, (clause.ifs[-1] if clause.ifs else clause.iter)
        else:
            raise UnsureError
        inner, outer = (start[0], start[1] + 1), (end[0], end[1] - 1)
        if first is None or last is None:
            found = next((place for _, place in self._marks(inner, end)), None)
            if found != outer:
                raise UnsureError
            return Span(*outer, *outer)
        begin = next((place for _, place in self._marks(inner, self._start(first))), self._start(first))
        finish = self._end(last)
        for _, (line, column) in self._marks(finish, outer):
            finish = line, column + 1
        return Span(*begin, *finish)

    def _marks(self, start: tuple[int, int], end: tuple[int, int]) -> list[tuple[str, tuple[int, int]]]:
        """The characters between two places, with theirs: without white space and comments."""
        found = []
        line, column = start
        while (line, column) < end:
            text = self.lines[line - 1]
            if column >= len(text) or text[column] == "#":
                line, column = line + 1, 0
                continue
            if text[column] not in " \t\f\\":
                found.append((text[column], (line, column)))
            column += 1
        return found

    # --- blocks

    def _block(self, kind: str, span: Span, test: Expr | None = None, owner: int = -1, is_async: bool = False) -> int:
        blocks = self.scopes[self.here].blocks
        blocks.append(Block(kind, self.block, span, test, (), owner, is_async))
        return len(blocks) - 1

    def _in_block(self, block: int, body: Iterable[ast.stmt]) -> None:
        outer, self.block = self.block, block
        self._suite(body)
        self.block = outer

    def _suite(self, body: Iterable[ast.stmt]) -> None:
        for node in body:
            self.statement(node)

    # --- statements

    def statement(self, node: ast.stmt) -> None:
        """Gather what a statement says."""
        walk = _STATEMENTS.get(type(node))
        if walk is not None:
            walk(self, node)

    def _expression(self, node: ast.Expr) -> None:
        value = self.expr(node.value, "statement")
        if isinstance(value, Name | Attr | Op):
            self.scope.bare.append(Bare(value, self.block, self.at(node.value)))

    def _assign(self, node: ast.Assign) -> None:
        value = self.expr(node.value, "assign")
        for target in node.targets:
            self._bind(target, "=", value, self.block)

    def _annotated(self, node: ast.AnnAssign) -> None:
        self.expr(node.annotation)
        if node.value is not None:
            self._bind(node.target, "=", self.expr(node.value, "assign"), self.block)

    def _augmented(self, node: ast.AugAssign) -> None:
        value = self.expr(node.value)
        if isinstance(node.target, ast.Name):
            self.read.add(node.target.id)
        self._bind(node.target, _OPERATORS[type(node.op)] + "=", value, self.block)

    def _return(self, node: ast.Return) -> None:
        returned = self.expr(node.value, "return") if node.value is not None else None
        self.scope.returns.append(Return(returned, self.block, self.at(node)))

    def _raise(self, node: ast.Raise) -> None:
        raised = self.expr(node.exc) if node.exc is not None else None
        if node.cause is not None:
            self.expr(node.cause)
        self.scope.raises.append(Raise(raised, self.block, self.at(node)))

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            loads = alias.name
            local = target = loads.partition(".")[0]
            if alias.asname is not None:
                local, target = alias.asname, loads
            self.scope.imports.append(Import(local, target, loads, self.block, self.at(alias)))

    def _import_from(self, node: ast.ImportFrom) -> None:
        source = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                local, target = "*", source
            else:
                local = alias.asname or alias.name
                target = source + alias.name if source.endswith(".") else f"{source}.{alias.name}"
            self.scope.imports.append(Import(local, target, source, self.block, self.at(alias)))

    def _global(self, node: ast.Global | ast.Nonlocal) -> None:
        self.scope.globals.extend(node.names)

    def _break(self, node: ast.Break) -> None:
        self.scope.flows.append(Flow("break", self.block, self.at(node)))

    def _continue(self, node: ast.Continue) -> None:
        self.scope.flows.append(Flow("continue", self.block, self.at(node)))

    def _assert(self, node: ast.Assert) -> None:
        self.expr(node.test)
        if node.msg is not None:
            self.expr(node.msg)

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self._bind(target, "del", Opaque("del"), self.block)

    def _if(self, node: ast.If) -> None:
        test = self.expr(node.test)
        self._in_block(self._block("if", self.at(node.test), test), node.body)
        if node.orelse:
            self._in_block(self._block("else", self.at(node.test), test), node.orelse)

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        source = self.expr(node.iter, "iterate")
        block = self._block("for", self.at(node.iter), source, is_async=isinstance(node, ast.AsyncFor))
        self._bind(node.target, "for", source, block)
        self._loop(node, block)

    def _while(self, node: ast.While) -> None:
        block = self._block("while", self.at(node.test))
        outer, self.block = self.block, block
        test = self.expr(node.test)
        self.block = outer
        made = self.scope.blocks[block]
        self.scope.blocks[block] = Block(made.kind, made.parent, made.span, test)
        self._loop(node, block)

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, block: int) -> None:
        self._in_block(block, node.body)
        if node.orelse:
            self._in_block(self._block("loop-else", self._keyword("else", node.body)), node.orelse)

    def _try(self, node: ast.Try) -> None:
        block = self._block("try", self._beginning(node))
        self._in_block(block, node.body)
        last = node.body
        handlers = []
        for handler in node.handlers:
            types: tuple[Expr, ...] = ()
            if handler.type is not None:
                caught = self.expr(handler.type)
                types = caught.items if isinstance(caught, Items) else (caught,)
            inner = self._block("except", self._beginning(handler), owner=block)
            if handler.name is not None and handler.type is not None:
                place = self._word(_CAUGHT, self._end(handler.type), handler.name)
                self.scope.assigns.append(Assign(Name(handler.name), "except", Opaque("exception"), inner, place))
            handlers.append(Handler(types, handler.name, inner, self._beginning(handler)))
            self._in_block(inner, handler.body)
            last = handler.body
        made = self.scope.blocks[block]
        self.scope.blocks[block] = Block(made.kind, made.parent, made.span, None, tuple(handlers))
        if node.orelse:
            self._in_block(self._block("try-else", self._keyword("else", last), owner=block), node.orelse)
            last = node.orelse
        if node.finalbody:
            self._in_block(self._block("finally", self._keyword("finally", last), owner=block), node.finalbody)

    def _beginning(self, node: ast.Try | ast.ExceptHandler) -> Span:
        place = self._place(node.lineno, node.col_offset)
        return Span(*place, *place)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        outer = self.block
        for item in node.items:
            manager = self.expr(item.context_expr, "with")
            place = self.at(item.context_expr)
            self.block = self._block("with", place, manager, is_async=isinstance(node, ast.AsyncWith))
            if item.optional_vars is not None:
                self._bind(item.optional_vars, "with", manager, self.block)
        self._suite(node.body)
        self.block = outer

    def _match(self, node: ast.Match) -> None:
        subject = self.expr(node.subject)
        for case in node.cases:
            line, column = self._start(case.pattern)
            if isinstance(case.pattern, ast.MatchSequence) and self.lines[line - 1].startswith("(", column):
                raise UnsureError  # the brackets of the sequence, or of its first item
            block = self._block("case", self.at(case.pattern), subject)
            self._reads_all(case.pattern)
            if case.guard is not None:
                self.expr(case.guard)
            self._in_block(block, case.body)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        decorators = tuple(Decorator(self.expr(d, "decorator"), self.at(d)) for d in node.decorator_list)
        params = self._params(node.args)
        scope = self._open(
            "function", node.name, self._word(_DEFINED, self._start(node), node.name), params=params,
            decorators=decorators, is_async=isinstance(node, ast.AsyncFunctionDef),
        )  # fmt: skip
        self._within(scope, lambda: self._suite(node.body))

    def _class(self, node: ast.ClassDef) -> None:
        decorators = tuple(Decorator(self.expr(d, "decorator"), self.at(d)) for d in node.decorator_list)
        bases = tuple(Star(self.expr(b.value)) if isinstance(b, ast.Starred) else self.expr(b) for b in node.bases)
        keywords = tuple((k.arg, self.expr(k.value)) for k in node.keywords)
        place = self._word(_DEFINED, self._start(node), node.name)
        scope = self._open("class", node.name, place, decorators=decorators, bases=bases, keywords=keywords)
        self._within(scope, lambda: self._suite(node.body))

    def _params(self, node: ast.arguments) -> tuple[Param, ...]:
        found: list[Param] = []

        def add(param: ast.arg, kind: str, default: ast.expr | None) -> None:
            value = self.expr(default) if default is not None else None
            annotation = self.expr(param.annotation) if param.annotation is not None else None
            found.append(Param(param.arg, kind, value, annotation))

        required = len(node.posonlyargs) + len(node.args) - len(node.defaults)
        defaults = [*[None] * required, *node.defaults]
        for param in node.posonlyargs:
            add(param, "positional-only", defaults[len(found)])
        for param in node.args:
            add(param, "positional", defaults[len(found)])
        if node.vararg is not None:
            add(node.vararg, "var-positional", None)
        for param, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
            add(param, "keyword-only", default)
        if node.kwarg is not None:
            add(node.kwarg, "var-keyword", None)
        return tuple(found)

    def _bind(self, target: ast.expr, operator: str, value: Expr, block: int) -> None:
        if isinstance(target, ast.Name):
            self.scope.assigns.append(Assign(Name(target.id), operator, value, block, self.at(target)))
        elif isinstance(target, ast.Tuple | ast.List):
            elements = target.elts
            values: Sequence[Expr] = [value if operator == "del" else Opaque("unpack")] * len(elements)
            if (
                operator == "="
                and isinstance(value, Items)
                and len(value.items) == len(elements)
                and not any(isinstance(v, Star) for v in value.items)
                and not any(isinstance(e, ast.Starred) for e in elements)
            ):
                values = value.items
            for element, part in zip(elements, values, strict=True):
                self._bind(element, operator, part, block)
        elif isinstance(target, ast.Attribute | ast.Subscript):
            outer, self.block = self.block, block
            place = self.expr(target)
            self.block = outer
            self.scope.assigns.append(Assign(place, operator, value, block, self.at(target)))
        elif isinstance(target, ast.Starred):
            self._bind(target.value, operator, Opaque("unpack"), block)

    # --- expressions

    def expr(self, node: ast.expr, use: str = "other") -> Expr:
        """What an expression says; `use` is what becomes of its value."""
        walk = _EXPRESSIONS.get(type(node))
        if walk is not None:
            return walk(self, node, use)
        self._reads_all(node)
        return Opaque("unknown")

    def _name(self, node: ast.Name, _: str) -> Expr:
        self.read.add(node.id)
        return Name(node.id)

    def _attribute(self, node: ast.Attribute, _: str) -> Expr:
        return Attr(self.expr(node.value, "attribute"), node.attr)

    def _constant(self, node: ast.Constant, _: str) -> Expr:
        value = node.value
        if value is None or isinstance(value, str | bool | int | float):
            return Const(value)
        if isinstance(value, bytes):
            return Opaque("bytes")
        return Opaque("ellipsis" if value is ... else "unknown")

    def _format(self, node: ast.JoinedStr, _: str) -> Expr:
        places = None
        if sys.version_info < (3, 12) and any(isinstance(inner, _PLACED) for inner in ast.walk(node)):
            places = self._fields(node)
        parts: list[Expr] = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                parts.append(self._field(places.pop(0)) if places is not None else self.expr(part.value))
                if part.format_spec is not None:
                    self._reads_all(part.format_spec)
            elif isinstance(part, ast.Constant) and isinstance(part.value, str):
                parts.append(Const(part.value))
        return merged(parts)

    def _field(self, field: tuple[str, int, int]) -> Expr:
        text, line, column = field
        if not text.isascii():
            raise UnsureError
        try:
            tree = ast.parse(f"({text})", mode="eval").body
        except SyntaxError as error:
            raise UnsureError from error
        self._shift = line - 1, column - 1
        try:
            return self.expr(tree)
        finally:
            self._shift = None

    def _fields(self, node: ast.JoinedStr) -> list[tuple[str, int, int]]:
        """The expressions of an f-string, and where they stand: before Python 3.12 the tree does not know."""
        if self._shift is not None:
            raise UnsureError
        (first, start), (last, end) = self._start(node), self._end(node)
        lines = self.lines[first - 1 : last]
        lines[-1] = lines[-1][:end]
        lines[0] = " " * start + lines[0][start:]
        found: list[tuple[str, int, int]] = []
        tokens = tokenize.generate_tokens(io.StringIO("(\n" + "\n".join(lines) + "\n)\n").readline)
        try:
            for kind, text, (line, column), _, _ in tokens:
                if kind == tokenize.STRING and "f" in text[: text.index(text[-1])].lower():
                    found += [
                        (field, line + first - 2 + down, across if down else column + across)
                        for field, down, across in _replacement_fields(text)
                    ]
        except tokenize.TokenError as error:
            raise UnsureError from error
        if len(found) != sum(isinstance(part, ast.FormattedValue) for part in node.values):
            raise UnsureError
        return found

    def _items(self, node: ast.Tuple | ast.List | ast.Set, _: str) -> Expr:
        kind = "tuple" if isinstance(node, ast.Tuple) else "list" if isinstance(node, ast.List) else "set"
        return Items(
            kind, tuple(Star(self.expr(e.value)) if isinstance(e, ast.Starred) else self.expr(e) for e in node.elts)
        )

    def _dict(self, node: ast.Dict, _: str) -> Expr:
        items = tuple(
            (self.expr(key) if key is not None else None, self.expr(value))
            for key, value in zip(node.keys, node.values, strict=True)
        )
        if any(key == TASK for key, _ in items):
            return Dict(items, tuple(self.at(value) for value in node.values))
        return Dict(items)

    def _binary(self, node: ast.BinOp, _: str) -> Expr:
        chain: list[ast.BinOp] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp):
            chain.append(left)
            left = left.left
        result = self.expr(left)
        for operation in reversed(chain):
            result = fold(_OPERATORS[type(operation.op)], result, self.expr(operation.right))
        return result

    def _boolean(self, node: ast.BoolOp, _: str) -> Expr:
        operator = _OPERATORS[type(node.op)]
        result = self.expr(node.values[0])
        for value in node.values[1:]:
            result = Op(operator, (result, self.expr(value)))
        return result

    def _unary(self, node: ast.UnaryOp, _: str) -> Expr:
        operator = _OPERATORS[type(node.op)]
        operand = self.expr(node.operand)
        if operator in "+-" and isinstance(operand, Const) and type(operand.value) in (int, float):
            return fold(operator, Const(0), operand)
        return Op(operator, (operand,))

    def _comparison(self, node: ast.Compare, _: str) -> Expr:
        left = self.expr(node.left)
        rest = [self.expr(comparator) for comparator in node.comparators]
        return Op(" ".join(_OPERATORS[type(operator)] for operator in node.ops), (left, *rest))

    def _choice(self, node: ast.IfExp, use: str) -> Expr:
        test = self.expr(node.test)
        return Choice(test, self.expr(node.body, use), self.expr(node.orelse, use))

    def _await(self, node: ast.Await, _: str) -> Expr:
        self.scope.flows.append(Flow("await", self.block, self.at(node)))
        return Await(self.expr(node.value, "await"))

    def _subscript(self, node: ast.Subscript, _: str) -> Expr:
        base = self.expr(node.value, "attribute")
        index = node.slice
        if isinstance(index, ast.Tuple):
            items = [Star(self.expr(e.value)) if isinstance(e, ast.Starred) else self._index(e) for e in index.elts]
            return Sub(base, Items("tuple", tuple(items)))
        return Sub(base, self._index(index))

    def _index(self, node: ast.expr) -> Expr:
        if not isinstance(node, ast.Slice):
            return self.expr(node)
        for bound in (node.lower, node.upper, node.step):
            if bound is not None:
                self.expr(bound)
        return Opaque("slice")

    def _lambda(self, node: ast.Lambda, _: str) -> Expr:
        params = self._params(node.args)
        scope = self._open("lambda", "<lambda>", self.at(node), params=params)

        def body() -> None:
            value = self.expr(node.body, "return")
            self.scope.returns.append(Return(value, -1, self.at(node.body)))

        self._within(scope, body)
        return ScopeRef(scope.index)

    def _named(self, node: ast.NamedExpr, _: str) -> Expr:
        value = self.expr(node.value, "assign")
        self._bind(node.target, ":=", value, self.block)
        return self.expr(node.target)

    def _yield(self, node: ast.Yield | ast.YieldFrom, _: str) -> Expr:
        self.scope.flows.append(Flow("yield", self.block, self.at(node)))
        if node.value is not None:
            self.expr(node.value)
        return Opaque("yield")

    def _call(self, node: ast.Call, use: str) -> Expr:
        func = self.expr(node.func, "attribute")
        args: list[Expr] = []
        keywords: list[tuple[str | None, Expr]] = []
        passed: list[ast.expr | ast.keyword] = [*node.args, *node.keywords]
        if node.args and node.keywords:
            passed.sort(key=lambda argument: (argument.lineno, argument.col_offset))
        for argument in passed:
            if isinstance(argument, ast.keyword):
                keywords.append((argument.arg, self.expr(argument.value, "argument")))
            elif isinstance(argument, ast.Starred):
                args.append(Star(self.expr(argument.value, "argument")))
            else:
                args.append(self.expr(argument, "argument"))
        calls = self.scopes[self.here].calls
        calls.append(Call(func, tuple(args), tuple(keywords), self.block, self.at(node), use))
        return CallRef(len(calls) - 1)

    def _comprehension(self, node: ast.GeneratorExp | ast.ListComp | ast.SetComp | ast.DictComp, _: str) -> Expr:
        outer = self.block
        sources: list[Expr] = []
        for clause in node.generators:
            source = self.expr(clause.iter, "iterate")
            sources.append(source)
            self.block = self._block("comprehension", self.at(clause.iter), source, is_async=bool(clause.is_async))
            self._bind(clause.target, "for", source, self.block)
            for condition in clause.ifs:
                self.expr(condition)
        if isinstance(node, ast.DictComp):
            element: Expr = Items("tuple", (self.expr(node.key), self.expr(node.value)))
            kind = "dict"
        else:
            element = self.expr(node.elt)
            kind = _COMPREHENSIONS[type(node)]
        self.block = outer
        return Comp(kind, element, tuple(sources))

    def _reads_all(self, node: ast.AST) -> None:
        """Take every name in a node that is not looked into for one that is read."""
        for inner in ast.walk(node):
            for field in ("id", "attr", "arg", "name", "rest", "kwd_attrs"):
                name = getattr(inner, field, None)
                if isinstance(name, str):
                    self.read.add(name)
                elif isinstance(name, list):
                    self.read.update(name)


def _replacement_fields(literal: str) -> list[tuple[str, int, int]]:
    """The expressions of an f-string's literal in the syntax of before Python 3.12: their text, the number of lines
    above and the column in their line. Raises UnsureError."""
    start = literal.index(literal[-1])
    quotes = 3 if literal[start : start + 3] == literal[-1] * 3 else 1
    offset, end = start + quotes, len(literal) - quotes
    raw = "r" in literal[:start].lower()
    found = []
    while offset < end:
        here = literal[offset]
        if here == "{" and literal[offset + 1] != "{":
            stop, after = _field_end(literal, offset + 1, end)
            above = literal.count("\n", 0, offset + 1)
            column = offset + 1 - (literal.rfind("\n", 0, offset + 1) + 1)
            found.append((literal[offset + 1 : stop], above, column))
            offset = after
        elif here in "{}":
            offset += 2
        elif here == "\\" and not raw and literal.startswith("\\N{", offset):
            offset = literal.index("}", offset) + 1
        elif here == "\\" and not raw:
            offset += 2
        else:
            offset += 1
    return found


def _field_end(literal: str, offset: int, end: int) -> tuple[int, int]:
    """Where the expression of a replacement field ends, and where the field does."""
    depth = 0
    quote = ""
    stop = None
    while offset < end:
        here = literal[offset]
        if quote:
            if literal.startswith(quote, offset):
                offset += len(quote)
                quote = ""
                continue
        elif stop is None and here in "'\"":
            quote = here * 3 if literal.startswith(here * 3, offset) else here
            offset += len(quote)
            continue
        elif here in "([{":
            depth += 1
        elif depth and here in ")]}":
            depth -= 1
        elif here == "}":
            return (offset if stop is None else stop), offset + 1
        elif stop is None and not depth:
            unequal = here == "!" and literal[offset + 1] == "="
            if (here in ":!" and not unequal) or (here == "=" and _shows(literal, offset)):
                stop = offset
        offset += 1
    raise UnsureError


def _shows(literal: str, offset: int) -> bool:
    """Whether an "=" is that of `f"{x=}"` and no comparison's."""
    if literal[offset - 1] in "=!<>" or literal[offset + 1] == "=":
        return False
    return literal[offset + 1 :].lstrip(" \t\f\n")[:1] in ("}", "!", ":")


_COMPREHENSIONS = {ast.GeneratorExp: "generator", ast.ListComp: "list", ast.SetComp: "set"}
_STATEMENTS: dict[type[ast.AST], Callable[[PlainWalk, Any], None]] = {
    ast.Expr: PlainWalk._expression, ast.Assign: PlainWalk._assign, ast.AnnAssign: PlainWalk._annotated,
    ast.AugAssign: PlainWalk._augmented, ast.Return: PlainWalk._return, ast.Raise: PlainWalk._raise,
    ast.Import: PlainWalk._import, ast.ImportFrom: PlainWalk._import_from, ast.Global: PlainWalk._global,
    ast.Nonlocal: PlainWalk._global, ast.Break: PlainWalk._break, ast.Continue: PlainWalk._continue,
    ast.Assert: PlainWalk._assert, ast.Delete: PlainWalk._delete, ast.If: PlainWalk._if, ast.For: PlainWalk._for,
    ast.AsyncFor: PlainWalk._for, ast.While: PlainWalk._while, ast.With: PlainWalk._with,
    ast.AsyncWith: PlainWalk._with, ast.Match: PlainWalk._match, ast.FunctionDef: PlainWalk._function,
    ast.AsyncFunctionDef: PlainWalk._function, ast.ClassDef: PlainWalk._class,
    **dict.fromkeys(_TRIES, PlainWalk._try),
}  # fmt: skip
_EXPRESSIONS: dict[type[ast.AST], Callable[[PlainWalk, Any, str], Expr]] = {
    ast.Name: PlainWalk._name, ast.Attribute: PlainWalk._attribute, ast.Constant: PlainWalk._constant,
    ast.JoinedStr: PlainWalk._format, ast.Tuple: PlainWalk._items, ast.List: PlainWalk._items,
    ast.Set: PlainWalk._items, ast.Dict: PlainWalk._dict, ast.BinOp: PlainWalk._binary, ast.BoolOp: PlainWalk._boolean,
    ast.UnaryOp: PlainWalk._unary, ast.Compare: PlainWalk._comparison, ast.IfExp: PlainWalk._choice,
    ast.Await: PlainWalk._await, ast.Subscript: PlainWalk._subscript, ast.Lambda: PlainWalk._lambda,
    ast.NamedExpr: PlainWalk._named, ast.Yield: PlainWalk._yield, ast.YieldFrom: PlainWalk._yield,
    ast.Call: PlainWalk._call, **dict.fromkeys(
        (ast.GeneratorExp, ast.ListComp, ast.SetComp, ast.DictComp), PlainWalk._comprehension
    ),
}  # fmt: skip
