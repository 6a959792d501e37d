"""What is printed, as the message of a logger: a text with `%s` where values stand, and the values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import libcst as cst

from ..frozen import dataclass

if TYPE_CHECKING:
    from .text import Text

_PLAIN_PREFIXES = ("", "u", "U", "f", "F")
_NUMBER_SPEC = re.compile(r"\.\d+f|0?\d*d")
_PERCENT = re.compile(
    r"%(?P<key>\([^)]*\))?[#0\- +]*(?P<star>\*)?\d*(?:\.(?:\d+|(?P<dot>\*)))?[hlL]?(?P<kind>.)", re.DOTALL
)
_FIELD = re.compile(r"\{\{|\}\}|\{(?P<name>\w*)(?:!(?P<conversion>[rs]))?(?::(?P<spec>[^{}]*))?\}|[{}]")


@dataclass(frozen=True, slots=True)
class Value:
    """A value in a message: how it is written, and what stands for it in the text."""

    code: str
    conversion: str = "%s"


Part = str | Value
"""A piece of a message: what stands between the quotes of a literal, `%` not yet doubled, or a value."""


@dataclass(frozen=True, slots=True)
class Message:
    """The first argument for a logger, as code, and the others. `ends` tells whether the text ended its line itself."""

    text: str
    values: tuple[str, ...] = ()
    ends: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.values and self.text.strip("uUrR") in ("''", '""')


def message(text: Text, nodes: Iterable[cst.BaseExpression], separator: str = " ") -> Message | None:
    """The message that says what `print` would with these arguments; None where that cannot be written soundly.

    `separator` is as it stands between the quotes of a literal.
    """
    given = list(nodes)
    if len(given) == 1:
        return _single(text, given[0])
    parts: list[Part] = []
    for number, node in enumerate(given):
        parts += [separator] if number else []
        found = _parts(text, node)
        parts += found if found is not None else [Value(_code(text, node))]
    return _written(text, parts)


def _single(text: Text, node: cst.BaseExpression) -> Message | None:
    match node:
        case cst.SimpleString() if not _is_bytes(node):
            return _trimmed(node.prefix, node.quote, node.raw_value, ())
        case cst.FormattedString():
            parts = _of_formatted(text, node)
            if parts is None:
                return Message(text.code(node))
            prefix = node.prefix.replace("f", "").replace("F", "")
            return _joined(prefix, node.start[len(node.prefix) :], parts)
        case cst.ConcatenatedString():
            return _concatenated(text, node)
        case cst.BinaryOperation(operator=cst.Modulo()) if _is_text(node.left):
            return _of_percent(text, node) or Message(text.code(node))
        case cst.Call(func=cst.Attribute(value=left, attr=cst.Name(value="format"))) if _is_text(left):
            return _of_format(text, node) or Message(text.code(node))
        case cst.BinaryOperation(operator=cst.Multiply()) if _is_text(node.left) or _is_text(node.right):
            return Message(text.code(node))
        case cst.BinaryOperation(operator=cst.Add()):
            parts = _parts(text, node)
            if parts is not None:
                return _written(text, parts)
    return Message(text.quoted("%s"), (_code(text, node),))


def _is_bytes(node: cst.SimpleString) -> bool:
    return "b" in node.prefix.lower()


def _is_text(node: cst.BaseExpression) -> bool:
    """Whether it is a literal text without values in it."""
    if isinstance(node, cst.ConcatenatedString):
        return all(isinstance(piece, cst.SimpleString) and not _is_bytes(piece) for piece in _pieces(node))
    return isinstance(node, cst.SimpleString) and not _is_bytes(node)


def _code(text: Text, node: cst.BaseExpression) -> str:
    """The text of a value with its parentheses."""
    return "(" * len(node.lpar) + text.code(node) + ")" * len(node.rpar)


# --- literals


def _of_formatted(text: Text, node: cst.FormattedString) -> list[Part] | None:
    """The parts of an f-string; None where a value is formatted in a way that `%` does not have."""
    parts: list[Part] = []
    for part in node.parts:
        if isinstance(part, cst.FormattedStringText):
            parts.append(part.value.replace("{{", "{").replace("}}", "}"))
            continue
        assert isinstance(part, cst.FormattedStringExpression)
        value = _of_expression(text, part)
        if value is None:
            return None
        parts.append(value)
    return parts


def _of_expression(text: Text, part: cst.FormattedStringExpression) -> Value | None:
    if part.equal is not None or part.conversion not in (None, "s", "r"):
        return None
    code = _code(text, part.expression)
    if "\n" in code or "\r" in code or isinstance(part.expression, cst.Yield):
        return None
    if isinstance(part.expression, cst.Tuple) and not part.expression.lpar:
        code = f"({code})"
    spec = "".join(s.value if isinstance(s, cst.FormattedStringText) else "{" for s in part.format_spec or ())
    if not spec:
        return Value(code, f"%{part.conversion or 's'}")
    return Value(code, f"%{spec}") if _NUMBER_SPEC.fullmatch(spec) and part.conversion is None else None


def _pieces(node: cst.ConcatenatedString) -> Iterator[cst.SimpleString | cst.FormattedString]:
    for side in (node.left, node.right):
        if isinstance(side, cst.ConcatenatedString):
            yield from _pieces(side)
        elif isinstance(side, cst.SimpleString | cst.FormattedString):
            yield side


def _concatenated(text: Text, node: cst.ConcatenatedString) -> Message | None:
    """Literals side by side, each where it is."""
    pieces = list(_pieces(node))
    found: list[list[Part]] = []
    for piece in pieces:
        parts: list[Part] | None = [piece.raw_value] if isinstance(piece, cst.SimpleString) else None
        if isinstance(piece, cst.FormattedString):
            parts = _of_formatted(text, piece)
        if parts is None or "b" in piece.prefix.lower():
            return Message(text.code(node))
        found.append(parts)
    values = [part for parts in found for part in parts if isinstance(part, Value)]
    if not values:
        return Message(text.code(node))
    place = text.place_of(node)
    at, made = text.offset(place.line, place.column), ""
    for piece, parts in zip(pieces, found, strict=True):
        here = text.place_of(piece)
        start = text.offset(here.line, here.column)
        prefix = piece.prefix.replace("f", "").replace("F", "")
        quote = piece.quote if isinstance(piece, cst.SimpleString) else piece.start[len(piece.prefix) :]
        made += text.source.text[at:start] + prefix + quote + _template(parts) + quote
        at = text.offset(here.end_line, here.end_column)
    return Message(made, tuple(v.code for v in values))


def _template(parts: Iterable[Part]) -> str:
    return "".join(part.conversion if isinstance(part, Value) else part.replace("%", "%%") for part in parts)


def _joined(prefix: str, quote: str, parts: list[Part]) -> Message:
    values = tuple(part.code for part in parts if isinstance(part, Value))
    body = _template(parts) if values else "".join(part for part in parts if isinstance(part, str))
    return _trimmed(prefix, quote, body, values)


def _trimmed(prefix: str, quote: str, body: str, values: tuple[str, ...]) -> Message:
    """Without the line breaks around it that only a terminal needs."""
    ends = False
    if "r" not in prefix.lower() and len(quote) == 1:
        while body.startswith("\\n"):
            body = body[2:]
        while body.endswith("\\n") and (len(body) - len(body[:-1].rstrip("\\"))) % 2 == 0:
            body, ends = body[:-2], True
    return Message(f"{prefix}{quote}{body}{quote}", values, ends)


# --- several literals and values


def _parts(text: Text, node: cst.BaseExpression) -> list[Part] | None:
    """The parts of a literal in plain quotes, of an f-string, or of a sum with one; None for everything else."""
    if isinstance(node, cst.SimpleString) and node.prefix in _PLAIN_PREFIXES and len(node.quote) == 1:
        return [_requoted(text, node.raw_value, node.quote)]
    if isinstance(node, cst.FormattedString) and node.prefix in _PLAIN_PREFIXES and len(node.end) == 1:
        parts = _of_formatted(text, node)
        if parts is not None:
            return [p if isinstance(p, Value) else _requoted(text, p, node.end) for p in parts]
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
        operands = list(_operands(node))
        if not any(isinstance(o, cst.SimpleString | cst.FormattedString) for o in operands):
            return None
        summed: list[Part] = []
        for operand in operands:
            found = _parts(text, operand)
            summed += found if found is not None else [Value(_code(text, _shown(operand)))]
        return summed
    return None


def _operands(node: cst.BinaryOperation) -> Iterator[cst.BaseExpression]:
    for side in (node.left, node.right):
        if isinstance(side, cst.BinaryOperation) and isinstance(side.operator, cst.Add) and not side.lpar:
            yield from _operands(side)
        else:
            yield side


def _shown(node: cst.BaseExpression) -> cst.BaseExpression:
    """What `str(...)` is made of."""
    match node:
        case cst.Call(func=cst.Name(value="str"), args=[cst.Arg(keyword=None, star="", value=value)]):
            return value
    return node


def _requoted(text: Text, body: str, quote: str) -> str:
    """The body of a literal for quotes of the file's own kind."""
    own = text.quoted("")[0]
    if own == quote:
        return body
    body = body.replace(f"\\{quote}", quote)
    return re.sub(rf"(?<!\\)((?:\\\\)*){own}", rf"\1\\{own}", body)


def _written(text: Text, parts: list[Part]) -> Message | None:
    own = text.quoted("")[0]
    other = "'" if own == '"' else '"'
    texts = "".join(part for part in parts if isinstance(part, str))
    if f"\\{own}" in texts and other not in texts:
        own, parts = other, [p.replace(f"\\{own}", own) if isinstance(p, str) else p for p in parts]
    made = _joined("", own, parts)
    return made if all("\n" not in value and "\r" not in value for value in made.values) else None


# --- the other ways to put values into a text


def _of_percent(text: Text, node: cst.BinaryOperation) -> Message | None:
    literal, right = node.left, node.right
    assert isinstance(literal, cst.SimpleString | cst.ConcatenatedString)
    value = literal.evaluated_value
    if not isinstance(value, str):
        return None
    marks = [m for m in _PERCENT.finditer(value) if m["kind"] != "%"]
    if not marks or any(m["star"] or m["dot"] for m in marks):
        return None
    code = text.code(literal)
    if any(m["key"] for m in marks):
        return Message(code, (_code(text, right),)) if isinstance(right, cst.Dict) and right.elements else None
    if isinstance(right, cst.Tuple):
        if len(right.elements) != len(marks) or any(isinstance(e, cst.StarredElement) for e in right.elements):
            return None
        values = tuple(_code(text, e.value) for e in right.elements)
    elif len(marks) == 1 and not isinstance(right, cst.Dict):
        values = (_code(text, right),)
    else:
        return None
    return Message(code, values) if not any("\n" in v or "\r" in v for v in values) else None


def _of_format(text: Text, node: cst.Call) -> Message | None:
    """`"{} of {}".format(a, b)`, in the order of the fields."""
    assert isinstance(node.func, cst.Attribute)
    literal = node.func.value
    if not isinstance(literal, cst.SimpleString) or any(arg.star for arg in node.args):
        return None
    by_name = {a.keyword.value: _code(text, a.value) for a in node.args if a.keyword is not None}
    by_place = [_code(text, a.value) for a in node.args if a.keyword is None]
    parts: list[Part] = []
    at = automatic = 0
    body = literal.raw_value
    for field in _FIELD.finditer(body):
        parts.append(body[at : field.start()])
        at = field.end()
        if field[0] in ("{{", "}}"):
            parts.append(field[0][0])
            continue
        if field[0] in ("{", "}"):
            return None
        name = field["name"]
        place = int(name) if name.isdecimal() else automatic
        automatic += not name
        code = by_name.get(name) if name and not name.isdecimal() else next(iter(by_place[place : place + 1]), None)
        spec = field["spec"] or ""
        if code is None or "\n" in code or "\r" in code or (spec and not _NUMBER_SPEC.fullmatch(spec)):
            return None
        if spec and field["conversion"]:
            return None
        parts.append(Value(code, f"%{spec or field['conversion'] or 's'}"))
    parts.append(body[at:])
    used = sum(isinstance(part, Value) for part in parts)
    if used != len(node.args):
        return None  # a value that is left out, or said twice, is evaluated once all the same
    return _joined(literal.prefix, literal.quote, parts)
