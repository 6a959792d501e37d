"""Other ways to write the same code: what people do to a file that does not change what it means, or hardly."""
# ruff: noqa: ARG002, N802  # the methods of libcst's visitors

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Container, Mapping, Sequence
from random import Random
from typing import TypeVar

import libcst as cst
from libcst.helpers import get_full_name_for_node

Vary = Callable[[str, Random], str]
_Listed = TypeVar("_Listed", cst.Arg, cst.BaseElement, cst.BaseDictElement, cst.ImportAlias)
_Compound = TypeVar("_Compound", cst.If, cst.With, cst.FunctionDef, cst.ExceptHandler)

_FIRST_LINES = (
    "#!/usr/bin/env python3\n",
    "# -*- coding: utf-8 -*-\n",
    "# Schönes Büro, 東京.\n\n",
    '"""What is done after an order."""\n\n',
    "'''Größe ß.\n\nSecond paragraph.'''\n\n\n",
)
_WORD = re.compile(r"[A-Za-z_]\w*")
_MEANT = frozenset({"request", "instance", "sender", "created", "exc", "einfo", "session"})
"""Parameters whose names mean something to the frameworks."""


class _Shuffled(cst.CSTTransformer):
    """A transformer that changes some of the nodes."""

    def __init__(self, random: Random, share: float = 0.5) -> None:
        super().__init__()
        self.random = random
        self.share = share
        self.number = 0

    def visit_FormattedString(self, node: cst.FormattedString) -> bool:
        return False  # not everything may stand within one before Python 3.12

    def chosen(self) -> bool:
        return self.random.random() < self.share

    def comment(self) -> cst.Comment:
        self.number += 1
        return cst.Comment(f"# kept {self.number}: ß, 東")


def _varied(text: str, transformer: cst.CSTTransformer) -> str:
    return cst.parse_module(text).visit(transformer).code


# --- what stands around the code


class _Comments(_Shuffled):
    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine:
        if self.chosen() and updated_node.trailing_whitespace.comment is None:
            space = cst.TrailingWhitespace(cst.SimpleWhitespace("  "), self.comment())
            updated_node = updated_node.with_changes(trailing_whitespace=space)
        if self.chosen():
            lines = [*updated_node.leading_lines, cst.EmptyLine(comment=self.comment())]
            updated_node = updated_node.with_changes(leading_lines=lines)
        return updated_node

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        if self.chosen() and updated_node.header.comment is None:
            space = cst.TrailingWhitespace(cst.SimpleWhitespace("  "), self.comment())
            updated_node = updated_node.with_changes(header=space)
        if self.chosen():
            updated_node = updated_node.with_changes(
                footer=[*updated_node.footer, cst.EmptyLine(comment=self.comment())]
            )
        return updated_node

    def leave_Decorator(self, original_node: cst.Decorator, updated_node: cst.Decorator) -> cst.Decorator:
        if self.chosen() and updated_node.trailing_whitespace.comment is None:
            space = cst.TrailingWhitespace(cst.SimpleWhitespace("  "), self.comment())
            updated_node = updated_node.with_changes(trailing_whitespace=space)
        if self.chosen():
            lines = [*updated_node.leading_lines, cst.EmptyLine(comment=self.comment())]
            updated_node = updated_node.with_changes(leading_lines=lines)
        return updated_node


class _Blanks(_Shuffled):
    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine:
        lines = [line for line in updated_node.leading_lines if line.comment is not None or self.chosen()]
        if self.chosen():
            lines.append(cst.EmptyLine(indent=False))
        return updated_node.with_changes(leading_lines=lines)


class _Semicolons(_Shuffled):
    """A second statement in the line of another."""

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine:
        if not self.chosen() or not isinstance(updated_node.body[-1], cst.Expr | cst.Assign):
            return updated_node
        more = cst.Assign([cst.AssignTarget(cst.Name("checked"))], cst.Name("True"))
        first = [
            b.with_changes(semicolon=cst.Semicolon(whitespace_after=cst.SimpleWhitespace(" ")))
            for b in updated_node.body
        ]
        return updated_node.with_changes(body=[*first, more])


def _top(text: str, random: Random) -> str:
    head = random.choice(_FIRST_LINES)
    is_docstring = head[0] in "\"'"
    return text if is_docstring and text.lstrip().startswith(('"', "'")) else head + text


def _indented(text: str, random: Random) -> str:
    return cst.parse_module(text).with_changes(default_indent=random.choice(["\t", "  ", "        "])).code


# --- how expressions are written


class _Quotes(cst.CSTTransformer):
    def visit_FormattedString(self, node: cst.FormattedString) -> bool:
        return False

    def leave_SimpleString(self, original_node: cst.SimpleString, updated_node: cst.SimpleString) -> cst.SimpleString:
        value, prefix = updated_node.value, updated_node.prefix
        body = value[len(prefix) :]
        if len(updated_node.quote) != 1 or '"' in body[1:-1] or "'" in body[1:-1] or "\\" in body:
            return updated_node
        quote = "'" if body[0] == '"' else '"'
        return updated_node.with_changes(value=f"{prefix}{quote}{body[1:-1]}{quote}")


class _Calls(_Shuffled):
    """The arguments of calls, without bare generators."""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        args = updated_node.args
        bare = any(isinstance(a.value, cst.GeneratorExp) and not a.value.lpar for a in args)
        return self.vary(updated_node) if args and not bare and self.chosen() else updated_node

    def vary(self, call: cst.Call) -> cst.Call:
        raise NotImplementedError


class _TrailingCommas(_Calls):
    def vary(self, call: cst.Call) -> cst.Call:
        *first, last = call.args
        return call.with_changes(args=[*first, last.with_changes(comma=cst.Comma())])


class _KeywordOrder(_Calls):
    def vary(self, call: cst.Call) -> cst.Call:
        plain = [a for a in call.args if a.keyword is not None]
        if len(plain) < 2 or any(a.star == "**" for a in call.args):
            return call
        self.random.shuffle(plain)
        turned = [*(a for a in call.args if a.keyword is None), *plain]
        commas = [a.comma for a in call.args]
        return call.with_changes(args=[a.with_changes(comma=c) for a, c in zip(turned, commas, strict=True)])


class _Lines(_Shuffled):
    """A line for each of what stands in brackets, some with a comment."""

    def line(self, *, last: bool = False) -> cst.ParenthesizedWhitespace:
        space = cst.TrailingWhitespace()
        if self.random.random() < 0.3:
            space = cst.TrailingWhitespace(cst.SimpleWhitespace("  "), self.comment())
        indent = cst.SimpleWhitespace("" if last else "    ")
        return cst.ParenthesizedWhitespace(first_line=space, indent=True, last_line=indent)

    def commas(self, nodes: Sequence[_Listed]) -> list[_Listed]:
        """The nodes with a comma and a line's end behind each, behind the last one where that may be."""
        ends = [self.line(last=node is nodes[-1]) for node in nodes]
        return [n.with_changes(comma=cst.Comma(whitespace_after=end)) for n, end in zip(nodes, ends, strict=True)]


class _ExplodedCalls(_Lines):
    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        args = updated_node.args
        if not args or isinstance(args[0].value, cst.GeneratorExp) or not self.chosen():
            return updated_node
        made = self.commas(args)
        if self.random.random() < 0.5:
            made[-1] = args[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=self.line(last=True))
        return updated_node.with_changes(args=made, whitespace_before_args=self.line())


class _ExplodedDisplays(_Lines):
    def leave_Dict(self, original_node: cst.Dict, updated_node: cst.Dict) -> cst.Dict:
        if not updated_node.elements or not self.chosen():
            return updated_node
        brace = cst.LeftCurlyBrace(whitespace_after=self.line())
        return updated_node.with_changes(elements=self.commas(updated_node.elements), lbrace=brace)

    def leave_List(self, original_node: cst.List, updated_node: cst.List) -> cst.List:
        if not updated_node.elements or not self.chosen():
            return updated_node
        bracket = cst.LeftSquareBracket(whitespace_after=self.line())
        return updated_node.with_changes(elements=self.commas(updated_node.elements), lbracket=bracket)

    def leave_Tuple(self, original_node: cst.Tuple, updated_node: cst.Tuple) -> cst.Tuple:
        if not updated_node.elements or len(updated_node.lpar) != 1 or not self.chosen():
            return updated_node
        bracket = cst.LeftParen(whitespace_after=self.line())
        return updated_node.with_changes(elements=self.commas(updated_node.elements), lpar=[bracket])


class _ExplodedImports(_Lines):
    def leave_ImportFrom(self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom) -> cst.ImportFrom:
        if isinstance(updated_node.names, cst.ImportStar) or not self.chosen():
            return updated_node
        bracket = cst.LeftParen(whitespace_after=self.line())
        return updated_node.with_changes(names=self.commas(updated_node.names), lpar=bracket, rpar=cst.RightParen())


class _OneLineBlocks(_Shuffled):
    """`if x: f()`"""

    def leave_If(self, original_node: cst.If, updated_node: cst.If) -> cst.If:
        return self.joined(updated_node)

    def leave_With(self, original_node: cst.With, updated_node: cst.With) -> cst.With:
        return self.joined(updated_node)

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        return self.joined(updated_node)

    def leave_ExceptHandler(
        self, original_node: cst.ExceptHandler, updated_node: cst.ExceptHandler
    ) -> cst.ExceptHandler:
        return self.joined(updated_node)

    def joined(self, node: _Compound) -> _Compound:
        match node.body:
            case cst.IndentedBlock(body=[cst.SimpleStatementLine(body=body, leading_lines=[])]) if self.chosen():
                return node.with_changes(body=cst.SimpleStatementSuite(body))
        return node


class _Brackets(_Shuffled):
    """Brackets around values, where they are allowed."""

    def bracketed(self, value: cst.BaseExpression) -> cst.BaseExpression:
        if value.lpar or isinstance(value, cst.GeneratorExp | cst.Yield | cst.NamedExpr) or not self.chosen():
            return value
        return value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        return (
            updated_node.with_changes(value=self.bracketed(updated_node.value))
            if not updated_node.star
            else updated_node
        )

    def leave_Return(self, original_node: cst.Return, updated_node: cst.Return) -> cst.Return:
        if updated_node.value is None:
            return updated_node
        return updated_node.with_changes(value=self.bracketed(updated_node.value))

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.Assign:
        return updated_node.with_changes(value=self.bracketed(updated_node.value))


# --- what else there is


class _Decorators(_Shuffled):
    """A decorator of somebody else's, at the top or at the bottom."""

    used = False

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        if not updated_node.decorators or not self.chosen():
            return updated_node
        self.used = True
        more = cst.Decorator(cst.Name("traced"))
        given = updated_node.decorators
        turned = [more, *given] if self.random.random() < 0.5 else [*given, more]
        return updated_node.with_changes(decorators=turned)


def _decorated(text: str, random: Random) -> str:
    transformer = _Decorators(random)
    varied = _varied(text, transformer)
    return _with_import(varied, "from elsewhere import traced") if transformer.used else text


class _Keywords(_Shuffled):
    """Keywords that a task decorator and a send take besides."""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        name = (get_full_name_for_node(updated_node.func) or "").rpartition(".")[2]
        more = {"task": "track_started=True", "shared_task": "track_started=True", "apply_async": "compression='zlib'"}
        bare = any(isinstance(a.value, cst.GeneratorExp) and not a.value.lpar for a in updated_node.args)
        if name not in more or bare or not self.chosen() or any(a.star == "**" for a in updated_node.args):
            return updated_node
        key, _, value = more[name].partition("=")
        arg = cst.Arg(
            cst.parse_expression(value),
            cst.Name(key),
            equal=cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace("")),
        )
        positional = [a for a in updated_node.args if a.keyword is None]
        keywords = [a for a in updated_node.args if a.keyword is not None]
        args = [*positional, *keywords, arg] if self.random.random() < 0.5 else [*positional, arg, *keywords]
        plain = [a.with_changes(comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))) for a in args[:-1]]
        return updated_node.with_changes(args=[*plain, args[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)])


class _Nested(_Shuffled):
    """A condition around what a function does."""

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        body = updated_node.body
        if not isinstance(body, cst.IndentedBlock) or not self.chosen():
            return updated_node
        given = list(body.body)
        number = self.random.randrange(len(given))
        first = given[number]
        if isinstance(first, cst.SimpleStatementLine) and isinstance(
            first.body[0], cst.ImportFrom | cst.Import | cst.Global
        ):
            return updated_node
        if number == 0 and updated_node.get_docstring() is not None:
            return updated_node
        test = cst.parse_expression(self.random.choice(["enabled()", "not settings_missing", "1 < limit"]))
        given[number] = cst.If(test, cst.IndentedBlock([first]))
        return updated_node.with_changes(body=body.with_changes(body=given))


def _with_import(text: str, line: str) -> str:
    """A line below the first import of a file, or at its top."""
    module = cst.parse_module(text)
    new = cst.parse_statement(line + "\n")
    body = list(module.body)
    for number, statement in enumerate(body):
        if isinstance(statement, cst.SimpleStatementLine) and isinstance(
            statement.body[0], cst.Import | cst.ImportFrom
        ):
            return module.with_changes(body=[*body[: number + 1], new, *body[number + 1 :]]).code
    after = 1 if module.get_docstring() is not None else 0
    return module.with_changes(body=[*body[:after], new, *body[after:]]).code


# --- names


class _Renamed(cst.CSTTransformer):
    """Other names for what a file imports or takes as parameters, with the import that gives them."""

    def __init__(
        self,
        names: Mapping[str, cst.BaseExpression],
        statement: cst.ImportFrom | None = None,
        new: cst.BaseSmallStatement | None = None,
    ) -> None:
        super().__init__()
        self.names, self.statement, self.new = names, statement, new

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        new = self.names.get(original_node.value)
        return updated_node if new is None else new.with_changes(lpar=updated_node.lpar, rpar=updated_node.rpar)

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.Attribute:
        return updated_node.with_changes(attr=original_node.attr)

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        return updated_node.with_changes(keyword=original_node.keyword)

    def visit_Import(self, node: cst.Import) -> bool:
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        return False

    def leave_ImportFrom(self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom) -> cst.BaseSmallStatement:
        return self.new if original_node is self.statement and self.new is not None else updated_node


class _Words(cst.CSTVisitor):
    """Which names a file has, by what they are for."""

    def __init__(self) -> None:
        super().__init__()
        self.params: set[str] = set()
        self.others: set[str] = {"self", "cls", "args", "kwargs", *dir(builtins)}
        self.imports: list[cst.ImportFrom] = []

    def visit_Param(self, node: cst.Param) -> None:
        self.params.add(node.name.value)

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        self.others.update(_WORD.findall(node.value))

    def visit_FormattedStringText(self, node: cst.FormattedStringText) -> None:
        self.others.update(_WORD.findall(node.value))

    def visit_Arg(self, node: cst.Arg) -> None:
        self.others.update([node.keyword.value] if node.keyword is not None else [])

    def visit_Attribute(self, node: cst.Attribute) -> None:
        self.others.add(node.attr.value)

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        self.others.update(_WORD.findall(cst.Module([]).code_for_node(node.target)))

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self.others.update(_WORD.findall(cst.Module([]).code_for_node(node.target)))

    def visit_For(self, node: cst.For) -> None:
        self.others.update(_WORD.findall(cst.Module([]).code_for_node(node.target)))

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self.others.update(_WORD.findall(cst.Module([]).code_for_node(node.target)))

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        self.others.update(_WORD.findall(cst.Module([]).code_for_node(node.target)))

    def visit_AsName(self, node: cst.AsName) -> None:
        self.others.update(_WORD.findall(cst.Module([]).code_for_node(node.name)))

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.others.add(node.name.value)

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self.others.add(node.name.value)

    def visit_Import(self, node: cst.Import) -> None:
        self.others.update(_WORD.findall(cst.Module([]).code_for_node(node)))

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        if isinstance(node.names, cst.ImportStar) or node.relative or any(a.asname for a in node.names):
            self.others.update(_WORD.findall(cst.Module([]).code_for_node(node)))
        elif _source(node) != "__future__":
            self.imports.append(node)


def _source(node: cst.ImportFrom) -> str:
    return (get_full_name_for_node(node.module) or "") if node.module is not None else ""


def _aliased(text: str, random: Random) -> str:
    """What is imported under another name: `from celery import shared_task as s_`, or `import celery`."""
    module, words = cst.parse_module(text), _Words()
    module.visit(words)
    if not words.imports:
        return text
    statement = random.choice(words.imports)
    assert not isinstance(statement.names, cst.ImportStar)
    names = [str(get_full_name_for_node(alias.name)) for alias in statement.names]
    source = _source(statement)
    if not (words.params | words.others).isdisjoint(names):
        return text
    if "." not in source and source not in words.params | words.others and random.random() < 0.5:
        dotted = {name: cst.Attribute(cst.Name(source), cst.Name(name)) for name in names}
        return module.visit(_Renamed(dotted, statement, cst.Import([cst.ImportAlias(cst.Name(source))]))).code
    name = random.choice(names)
    short = "".join(part[0] for part in name.split("_")) + "_"
    aliases = [
        a.with_changes(asname=cst.AsName(cst.Name(short))) if a.evaluated_name == name else a for a in statement.names
    ]
    return module.visit(_Renamed({name: cst.Name(short)}, statement, statement.with_changes(names=aliases))).code


def _foreign(text: str, random: Random) -> str:
    """Letters beyond ASCII in the name of a parameter, where nothing else has that name."""
    module, words = cst.parse_module(text), _Words()
    module.visit(words)
    imported = {w for statement in words.imports for w in _WORD.findall(cst.Module([]).code_for_node(statement))}
    names = sorted(words.params - words.others - imported - _MEANT)
    if not names:
        return text
    name = random.choice(names)
    return module.visit(_Renamed({name: cst.Name(f"ö_{name}")})).code


# --- all of them


def _plain(transformer: type[cst.CSTTransformer]) -> Vary:
    return lambda text, random: _varied(
        text, transformer(random) if issubclass(transformer, _Shuffled) else transformer()
    )


NAMES: dict[str, Vary] = {
    "import style": _aliased,
    "unicode names": _foreign,
}
BESIDE: dict[str, Vary] = {
    "decorators": _decorated,
    "keywords": _plain(_Keywords),
    "nesting": _plain(_Nested),
    "semicolons": _plain(_Semicolons),
}
STYLE: dict[str, Vary] = {
    "quotes": _plain(_Quotes),
    "keyword order": _plain(_KeywordOrder),
    "brackets": _plain(_Brackets),
    "trailing commas": _plain(_TrailingCommas),
    "one-line blocks": _plain(_OneLineBlocks),
    "a line for each argument": _plain(_ExplodedCalls),
    "a line for each element": _plain(_ExplodedDisplays),
    "a line for each import": _plain(_ExplodedImports),
    "blank lines": _plain(_Blanks),
    "comments": _plain(_Comments),
    "indentation": _indented,
    "first lines": _top,
}
ENDS: dict[str, Vary] = {
    "no newline at the end": lambda text, _: text.rstrip("\n"),
    "CRLF": lambda text, _: text.replace("\n", "\r\n"),
    "a BOM": lambda text, _: "\ufeff" + text,
}
VARIATIONS: dict[str, Vary] = {**NAMES, **BESIDE, **STYLE, **ENDS}
"""In the order in which they are made."""


OF_ANY_FILE: dict[str, Vary] = {
    "comments": lambda text, _: f"{text}# kept: ß, 東\n",
    "no newline at the end": ENDS["no newline at the end"],
    "CRLF": ENDS["CRLF"],
}
"""Those that fit deployment files as well."""


def varied(files: Mapping[str, str], names: Container[str], seed: int) -> dict[str, str]:
    """The files in other words."""
    made = {}
    for path, text in files.items():
        random = Random(f"{seed} {path}")
        made[path] = text
        for name, vary in (VARIATIONS if path.endswith(".py") else OF_ANY_FILE).items():
            if name in names and made[path].strip():
                made[path] = vary(made[path], random)
    return made
