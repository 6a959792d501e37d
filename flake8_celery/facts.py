"""Syntax tree → facts: one walk over a file that keeps what the model needs and drops the tree.

Names stay as they are written; `names.py` resolves them. What the walk does not know becomes `Opaque`.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import libcst as cst

from .gathering import TASK, Gathering, Open, deep, fold, merged
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
    Format,
    Handler,
    Import,
    Items,
    Module,
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
    dotted,
)
from .positions import positions
from .source import Source, parse

_NEWLINE = re.compile("\r\n?")
_OPERATORS = {
    cst.Add: "+", cst.Subtract: "-", cst.Multiply: "*", cst.Divide: "/", cst.FloorDivide: "//", cst.Modulo: "%",
    cst.Power: "**", cst.BitOr: "|", cst.BitAnd: "&", cst.BitXor: "^", cst.LeftShift: "<<", cst.RightShift: ">>",
    cst.MatrixMultiply: "@", cst.And: "and", cst.Or: "or", cst.Not: "not", cst.Minus: "-", cst.Plus: "+",
    cst.BitInvert: "~", cst.Equal: "==", cst.NotEqual: "!=", cst.LessThan: "<", cst.GreaterThan: ">",
    cst.LessThanEqual: "<=", cst.GreaterThanEqual: ">=", cst.In: "in", cst.NotIn: "not in", cst.Is: "is",
    cst.IsNot: "is not", cst.AddAssign: "+=", cst.SubtractAssign: "-=", cst.MultiplyAssign: "*=",
    cst.DivideAssign: "/=", cst.FloorDivideAssign: "//=", cst.ModuloAssign: "%=", cst.PowerAssign: "**=",
    cst.BitOrAssign: "|=", cst.BitAndAssign: "&=", cst.BitXorAssign: "^=", cst.LeftShiftAssign: "<<=",
    cst.RightShiftAssign: ">>=", cst.MatrixMultiplyAssign: "@=",
}  # fmt: skip


class Walk(Gathering):
    def __init__(self, scopes: list[Open] | None = None) -> None:
        super().__init__(scopes)
        self.pending: list[tuple[cst.CSTNode, Span]] = []
        self.placed: Iterator[Span] | None = None
        """The spans to come, in the order in which they are wanted, where they are known."""

    def at(self, node: cst.CSTNode) -> Span:
        """The span of a node, filled in by `place` when all that are wanted are known."""
        if self.placed is not None:
            return next(self.placed)
        span = Span(0, 0, 0, 0)
        self.pending.append((node, span))
        return span

    def place(self, tree: cst.Module, above: int = 0) -> None:
        """Fill in the spans; `above` are the lines above the text of the tree."""
        for (_, span), found in zip(self.pending, positions(tree, [node for node, _ in self.pending]), strict=True):
            object.__setattr__(span, "line", found.line + above)
            object.__setattr__(span, "column", found.column)
            object.__setattr__(span, "end_line", found.end_line + above)
            object.__setattr__(span, "end_column", found.end_column)

    # --- blocks

    def _block(
        self, kind: str, node: cst.CSTNode, test: Expr | None = None, owner: int = -1, is_async: bool = False
    ) -> int:
        self.scope.blocks.append(Block(kind, self.block, self.at(node), test, (), owner, is_async))
        return len(self.scope.blocks) - 1

    def _in_block(self, block: int, body: cst.CSTNode | Sequence[cst.CSTNode]) -> None:
        outer, self.block = self.block, block
        if isinstance(body, cst.CSTNode):
            self.suite(body)
        else:
            for statement in body:
                self.statement(statement)
        self.block = outer

    # --- statements

    def module(self, tree: cst.Module) -> None:
        with self.in_module():
            for statement in tree.body:
                self.statement(statement)

    def suite(self, node: cst.CSTNode) -> None:
        if isinstance(node, cst.IndentedBlock):
            for statement in node.body:
                self.statement(statement)
        elif isinstance(node, cst.SimpleStatementSuite):
            for small in node.body:
                self.small(small)

    def statement(self, node: cst.CSTNode) -> None:
        match node:
            case cst.SimpleStatementLine():
                for small in node.body:
                    self.small(small)
            case cst.FunctionDef():
                self.function(node)
            case cst.ClassDef():
                self.class_(node)
            case cst.If():
                self.if_(node)
            case cst.For():
                source = self.expr(node.iter, "iterate")
                block = self._block("for", node.iter, source, is_async=node.asynchronous is not None)
                self._bind(node.target, "for", source, block)
                self._in_block(block, node.body)
                if node.orelse is not None:
                    self._in_block(self._block("loop-else", node.orelse), node.orelse.body)
            case cst.While():
                block = self._block("while", node.test)
                outer, self.block = self.block, block
                test = self.expr(node.test)
                self.block = outer
                made = self.scope.blocks[block]
                self.scope.blocks[block] = Block(made.kind, made.parent, made.span, test)
                self._in_block(block, node.body)
                if node.orelse is not None:
                    self._in_block(self._block("loop-else", node.orelse), node.orelse.body)
            case cst.Try() | cst.TryStar():
                self.try_(node)
            case cst.With():
                self.with_(node)
            case cst.Match():
                subject = self.expr(node.subject)
                for case in node.cases:
                    block = self._block("case", case.pattern, subject)
                    self._reads_all(case.pattern)
                    if case.guard is not None:
                        self.expr(case.guard)
                    self._in_block(block, case.body)

    def if_(self, node: cst.If) -> None:
        test = self.expr(node.test)
        self._in_block(self._block("if", node.test, test), node.body)
        orelse = node.orelse
        if isinstance(orelse, cst.If):
            self._in_block(self._block("else", node.test, test), [orelse])
        elif isinstance(orelse, cst.Else):
            self._in_block(self._block("else", node.test, test), orelse.body)

    def try_(self, node: cst.Try | cst.TryStar) -> None:
        block = self._block("try", node)
        self._in_block(block, node.body)
        handlers = []
        for handler in node.handlers:
            types: tuple[Expr, ...] = ()
            if handler.type is not None:
                caught = self.expr(handler.type)
                types = caught.items if isinstance(caught, Items) else (caught,)
            inner = self._block("except", handler, owner=block)
            name = None
            if handler.name is not None and isinstance(handler.name.name, cst.Name):
                name = handler.name.name.value
                self.scope.assigns.append(
                    Assign(Name(name), "except", Opaque("exception"), inner, self.at(handler.name.name))
                )
            handlers.append(Handler(types, name, inner, self.at(handler)))
            self._in_block(inner, handler.body)
        made = self.scope.blocks[block]
        self.scope.blocks[block] = Block(made.kind, made.parent, made.span, None, tuple(handlers))
        if node.orelse is not None:
            self._in_block(self._block("try-else", node.orelse, owner=block), node.orelse.body)
        if node.finalbody is not None:
            self._in_block(self._block("finally", node.finalbody, owner=block), node.finalbody.body)

    def with_(self, node: cst.With) -> None:
        outer = self.block
        for item in node.items:
            manager = self.expr(item.item, "with")
            self.block = self._block("with", item.item, manager, is_async=node.asynchronous is not None)
            if item.asname is not None:
                self._bind(item.asname.name, "with", manager, self.block)
        self.suite(node.body)
        self.block = outer

    def function(self, node: cst.FunctionDef, body: Callable[[], None] | None = None) -> None:
        """Gather what a function says; `body`, where it is given, gathers what stands in it."""
        decorators = tuple(
            Decorator(self.expr(d.decorator, "decorator"), self.at(d.decorator)) for d in node.decorators
        )
        params = self.params(node.params)
        scope = self._open(
            "function", node.name.value, self.at(node.name), params=params, decorators=decorators,
            is_async=node.asynchronous is not None,
        )  # fmt: skip
        self._within(scope, body or (lambda: self.suite(node.body)))

    def class_(self, node: cst.ClassDef, body: Callable[[], None] | None = None) -> None:
        """Gather what a class says; `body`, where it is given, gathers what stands in it."""
        decorators = tuple(
            Decorator(self.expr(d.decorator, "decorator"), self.at(d.decorator)) for d in node.decorators
        )
        bases = tuple(Star(self.expr(b.value)) if b.star else self.expr(b.value) for b in node.bases)
        keywords = tuple((k.keyword.value if k.keyword else None, self.expr(k.value)) for k in node.keywords)
        scope = self._open(
            "class", node.name.value, self.at(node.name), decorators=decorators, bases=bases, keywords=keywords
        )
        self._within(scope, body or (lambda: self.suite(node.body)))

    def heading(self, node: cst.CSTNode, body: Callable[[], None]) -> None:
        """Gather what a function or class says; `body` gathers what stands in it."""
        if isinstance(node, cst.FunctionDef):
            self.function(node, body)
        elif isinstance(node, cst.ClassDef):
            self.class_(node, body)

    def params(self, node: cst.Parameters) -> tuple[Param, ...]:
        found: list[Param] = []

        def add(param: cst.Param, kind: str) -> None:
            default = self.expr(param.default) if param.default is not None else None
            annotation = self.expr(param.annotation.annotation) if param.annotation is not None else None
            found.append(Param(param.name.value, kind, default, annotation))

        for param in node.posonly_params:
            add(param, "positional-only")
        for param in node.params:
            add(param, "positional")
        if isinstance(node.star_arg, cst.Param):
            add(node.star_arg, "var-positional")
        for param in node.kwonly_params:
            add(param, "keyword-only")
        if node.star_kwarg is not None:
            add(node.star_kwarg, "var-keyword")
        return tuple(found)

    def small(self, node: cst.CSTNode) -> None:
        match node:
            case cst.Expr():
                value = self.expr(node.value, "statement")
                if isinstance(value, Name | Attr | Op):
                    self.scope.bare.append(Bare(value, self.block, self.at(node.value)))
            case cst.Assign():
                value = self.expr(node.value, "assign")
                for target in node.targets:
                    self._bind(target.target, "=", value, self.block)
            case cst.AnnAssign():
                self.expr(node.annotation.annotation)
                if node.value is not None:
                    self._bind(node.target, "=", self.expr(node.value, "assign"), self.block)
            case cst.AugAssign():
                value = self.expr(node.value)
                if isinstance(node.target, cst.Name):
                    self.read.add(node.target.value)
                self._bind(node.target, _OPERATORS[type(node.operator)], value, self.block)
            case cst.Return():
                returned = self.expr(node.value, "return") if node.value is not None else None
                self.scope.returns.append(Return(returned, self.block, self.at(node)))
            case cst.Raise():
                raised = self.expr(node.exc) if node.exc is not None else None
                if node.cause is not None:
                    self.expr(node.cause.item)
                self.scope.raises.append(Raise(raised, self.block, self.at(node)))
            case cst.Import():
                self.import_(node)
            case cst.ImportFrom():
                self.import_from(node)
            case cst.Global() | cst.Nonlocal():
                self.scope.globals.extend(item.name.value for item in node.names)
            case cst.Break():
                self.scope.flows.append(Flow("break", self.block, self.at(node)))
            case cst.Continue():
                self.scope.flows.append(Flow("continue", self.block, self.at(node)))
            case cst.Assert():
                self.expr(node.test)
                if node.msg is not None:
                    self.expr(node.msg)
            case cst.Del():
                self._bind(node.target, "del", Opaque("del"), self.block)

    def import_(self, node: cst.Import) -> None:
        for alias in node.names:
            loads = _dotted_name(alias.name)
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                local, target = alias.asname.name.value, loads
            else:
                local = target = loads.partition(".")[0]
            self.scope.imports.append(Import(local, target, loads, self.block, self.at(alias)))

    def import_from(self, node: cst.ImportFrom) -> None:
        source = "." * len(node.relative) + (_dotted_name(node.module) if node.module is not None else "")
        if isinstance(node.names, cst.ImportStar):
            self.scope.imports.append(Import("*", source, source, self.block, self.at(node.names)))
            return
        for alias in node.names:
            name = _dotted_name(alias.name)
            target = source + name if source.endswith(".") else f"{source}.{name}"
            local = name
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                local = alias.asname.name.value
            self.scope.imports.append(Import(local, target, source, self.block, self.at(alias)))

    def _bind(self, target: cst.CSTNode, operator: str, value: Expr, block: int) -> None:
        match target:
            case cst.Tuple() | cst.List():
                elements = [e.value for e in target.elements]
                values: Sequence[Expr] = [value if operator == "del" else Opaque("unpack")] * len(elements)
                if (
                    operator == "="
                    and isinstance(value, Items)
                    and len(value.items) == len(elements)
                    and not any(isinstance(v, Star) for v in value.items)
                    and not any(isinstance(e, cst.StarredElement) for e in target.elements)
                ):
                    values = value.items
                for element, part in zip(elements, values, strict=True):
                    self._bind(element, operator, part, block)
            case cst.Name():
                self.scope.assigns.append(Assign(Name(target.value), operator, value, block, self.at(target)))
            case cst.Attribute() | cst.Subscript():
                outer, self.block = self.block, block
                place = self.expr(target)
                self.block = outer
                self.scope.assigns.append(Assign(place, operator, value, block, self.at(target)))
            case cst.StarredElement():
                self._bind(target.value, operator, Opaque("unpack"), block)

    # --- expressions

    def expr(self, node: cst.CSTNode, use: str = "other") -> Expr:
        match node:
            case cst.Name():
                if node.value in ("True", "False", "None"):
                    return Const({"True": True, "False": False, "None": None}[node.value])
                self.read.add(node.value)
                return Name(node.value)
            case cst.Attribute():
                return Attr(self.expr(node.value, "attribute"), node.attr.value)
            case cst.Call():
                return self.call(node, use)
            case cst.SimpleString():
                text = _string(node)
                return Const(text) if isinstance(text, str) else Opaque("bytes")
            case cst.ConcatenatedString():
                left, right = self.expr(node.left), self.expr(node.right)
                if isinstance(left, Const) and isinstance(right, Const):
                    return Const(f"{left.value}{right.value}")
                if isinstance(left, Opaque) or isinstance(right, Opaque):
                    return Opaque("bytes")
                return merged(
                    (left.parts if isinstance(left, Format) else (left,))
                    + (right.parts if isinstance(right, Format) else (right,))
                )
            case cst.FormattedString():
                parts: list[Expr] = []
                for part in node.parts:
                    if isinstance(part, cst.FormattedStringText):
                        parts.append(Const(_text(node, part.value)))
                    elif isinstance(part, cst.FormattedStringExpression):
                        if part.equal is not None:
                            parts.append(Const(_shown(part)))
                        parts.append(self.expr(part.expression))
                        for spec in part.format_spec or ():
                            self._reads_all(spec)
                return merged(parts)
            case cst.Integer() | cst.Float():
                try:
                    return Const(node.evaluated_value)
                except (ValueError, OverflowError):
                    return Opaque("number")
            case cst.Tuple() | cst.List() | cst.Set():
                kind = {cst.Tuple: "tuple", cst.List: "list", cst.Set: "set"}[type(node)]
                return Items(
                    kind,
                    tuple(
                        Star(self.expr(e.value)) if isinstance(e, cst.StarredElement) else self.expr(e.value)
                        for e in node.elements
                    ),
                )
            case cst.Dict():
                items = tuple(
                    (self.expr(e.key), self.expr(e.value))
                    if isinstance(e, cst.DictElement)
                    else (None, self.expr(e.value))
                    for e in node.elements
                )
                # where its values stand costs time and room, and is asked for schedule entries alone
                if any(key == TASK for key, _ in items):
                    return Dict(items, tuple(self.at(e.value) for e in node.elements))
                return Dict(items)
            case cst.BinaryOperation():
                return self.binary(node)
            case cst.BooleanOperation():
                left = self.expr(node.left)
                return Op(_OPERATORS[type(node.operator)], (left, self.expr(node.right)))
            case cst.UnaryOperation():
                operator = _OPERATORS[type(node.operator)]
                operand = self.expr(node.expression)
                if operator in "+-" and isinstance(operand, Const) and type(operand.value) in (int, float):
                    return fold(operator, Const(0), operand)
                return Op(operator, (operand,))
            case cst.Comparison():
                left = self.expr(node.left)
                rest = [self.expr(c.comparator) for c in node.comparisons]
                return Op(" ".join(_OPERATORS[type(c.operator)] for c in node.comparisons), (left, *rest))
            case cst.IfExp():
                test = self.expr(node.test)
                return Choice(test, self.expr(node.body, use), self.expr(node.orelse, use))
            case cst.Await():
                self.scope.flows.append(Flow("await", self.block, self.at(node)))
                return Await(self.expr(node.expression, "await"))
            case cst.Subscript():
                base = self.expr(node.value, "attribute")
                if len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
                    index = self._index(node.slice[0].slice)
                    one = not isinstance(node.slice[0].comma, cst.Comma) and not isinstance(index, Star)
                    return Sub(base, index if one else Items("tuple", (index,)))
                indices: list[Expr] = []
                for element in node.slice:
                    if isinstance(element.slice, cst.Slice):
                        for bound in (element.slice.lower, element.slice.upper, element.slice.step):
                            if bound is not None:
                                self.expr(bound)
                        indices.append(Opaque("slice"))
                    elif isinstance(element.slice, cst.Index):
                        indices.append(self._index(element.slice))
                return Sub(base, indices[0] if len(indices) == 1 else Items("tuple", tuple(indices)))
            case cst.Lambda():
                params = self.params(node.params)
                scope = self._open("lambda", "<lambda>", self.at(node), params=params)

                def body() -> None:
                    value = self.expr(node.body, "return")
                    self.scope.returns.append(Return(value, -1, self.at(node.body)))

                self._within(scope, body)
                return ScopeRef(scope.index)
            case cst.NamedExpr():
                value = self.expr(node.value, "assign")
                self._bind(node.target, ":=", value, self.block)
                return self.expr(node.target)
            case cst.GeneratorExp() | cst.ListComp() | cst.SetComp() | cst.DictComp():
                return self.comprehension(node)
            case cst.Yield():
                self.scope.flows.append(Flow("yield", self.block, self.at(node)))
                inner = node.value.item if isinstance(node.value, cst.From) else node.value
                if inner is not None:
                    self.expr(inner)
                return Opaque("yield")
            case cst.Ellipsis():
                return Opaque("ellipsis")
        self._reads_all(node)
        return Opaque("unknown")

    def _index(self, node: cst.Index) -> Expr:
        return Star(self.expr(node.value)) if node.star else self.expr(node.value)

    def _reads_all(self, node: cst.CSTNode) -> None:
        """Take every name in a node that is not looked into for one that is read."""
        pending: list[cst.CSTNode] = [node]
        while pending:
            here = pending.pop()
            if isinstance(here, cst.Name):
                self.read.add(here.value)
            pending.extend(here.children)

    def binary(self, node: cst.BinaryOperation) -> Expr:
        """Long chains such as `a + b + ...` lean to the left: fold them without recursion."""
        chain: list[cst.BinaryOperation] = []
        left: cst.BaseExpression = node
        while isinstance(left, cst.BinaryOperation):
            chain.append(left)
            left = left.left
        result = self.expr(left)
        for operation in reversed(chain):
            result = fold(_OPERATORS[type(operation.operator)], result, self.expr(operation.right))
        return result

    def call(self, node: cst.Call, use: str) -> Expr:
        func = self.expr(node.func, "attribute")
        args: list[Expr] = []
        keywords: list[tuple[str | None, Expr]] = []
        for arg in node.args:
            value = self.expr(arg.value, "argument")
            if arg.star == "*":
                args.append(Star(value))
            elif arg.star == "**":
                keywords.append((None, value))
            elif arg.keyword is not None:
                keywords.append((arg.keyword.value, value))
            else:
                args.append(value)
        self.scope.calls.append(Call(func, tuple(args), tuple(keywords), self.block, self.at(node), use))
        return CallRef(len(self.scope.calls) - 1)

    def comprehension(self, node: cst.GeneratorExp | cst.ListComp | cst.SetComp | cst.DictComp) -> Expr:
        outer = self.block
        sources: list[Expr] = []
        clause: cst.CompFor | None = node.for_in
        while clause is not None:
            source = self.expr(clause.iter, "iterate")
            sources.append(source)
            self.block = self._block("comprehension", clause.iter, source, is_async=clause.asynchronous is not None)
            self._bind(clause.target, "for", source, self.block)
            for condition in clause.ifs:
                self.expr(condition.test)
            clause = clause.inner_for_in
        if isinstance(node, cst.DictComp):
            element: Expr = Items("tuple", (self.expr(node.key), self.expr(node.value)))
            kind = "dict"
        else:
            element = self.expr(node.elt)
            kind = {cst.GeneratorExp: "generator", cst.ListComp: "list", cst.SetComp: "set"}[type(node)]
        self.block = outer
        return Comp(kind, element, tuple(sources))


def _dotted_name(node: cst.CSTNode) -> str:
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if isinstance(node, cst.Name):
        parts.append(node.value)
    return ".".join(reversed(parts))


def _text(node: cst.FormattedString, written: str) -> str:
    """What a part of an f-string that is no expression says."""
    written = written.replace("{{", "{").replace("}}", "}")
    if "\\" in written and "r" not in node.prefix:
        with suppress(SyntaxError, ValueError), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # the blank keeps a quote at the end apart from those that close the string
            value = ast.literal_eval(f"{node.end}{written} {node.end}")
            assert isinstance(value, str)
            return value[:-1]
    return _NEWLINE.sub("\n", written)


def _shown(part: cst.FormattedStringExpression) -> str:
    """What `f"{x=}"` says before the value."""
    assert part.equal is not None
    empty = cst.Module([])
    pieces = (part.whitespace_before_expression, part.expression, part.equal)
    return _NEWLINE.sub("\n", "".join(map(empty.code_for_node, pieces)))


def _string(node: cst.SimpleString) -> str | bytes | None:
    try:
        return node.evaluated_value
    except (SyntaxError, ValueError):
        return None


def facts(source: Source) -> Module:
    """The facts of one file, all of it parsed by libcst. Raises SourceError where libcst cannot parse it or it is
    nested too deeply."""
    with deep(source):
        tree = parse(source)
        walk = Walk()
        walk.module(tree)
        walk.place(tree)
        return walk.close(source.path)


__all__ = ["Walk", "dotted", "facts", "fold"]
