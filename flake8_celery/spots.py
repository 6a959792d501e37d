"""Where a keyword or a key of a dictionary stands in the text.

The facts keep the places of calls and statements only: few findings need more, and those may read the file again.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

from .model import Span
from .source import SourceError, decode

_PAIR = 2
_TOP = re.compile(r"[^\s#)\]}]")
"""How a line begins that a statement at the top of a module may begin in."""
_TRIES = 4


def spot(path: str, data: bytes, around: Span, key: str) -> Span:
    """Where the keyword argument or string key `key` stands in the call or assignment at `around`, the first where
    there are several; `around` itself where it is not found. A pair's first item is a key as well."""
    try:
        text = decode(path, data).text.removeprefix("\ufeff")
    except SourceError:
        return around
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for first, part in _parts(lines, around):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(part)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        inside = Span(around.line - first, around.column, around.end_line - first, around.end_column)
        nodes = _within(tree, inside)
        if nodes or not first:
            found = [_span(lines, first, named, key) for node in nodes if (named := _named(node, key)) is not None]
            return min(found, key=lambda s: (s.line, s.column)) if found else around
    return around


def _parts(lines: list[str], around: Span) -> Iterator[tuple[int, str]]:
    """What may be the statement at the top of the module in which `around` is, with the number of lines before it, and
    the whole text at last: to parse that takes long."""
    begin = around.line - 1
    while begin > 0 and _TOP.match(lines[begin]) is None:
        begin -= 1
    end = around.end_line
    for _ in range(_TRIES if begin else 0):
        while end < len(lines) and _TOP.match(lines[end]) is None:
            end += 1
        yield begin, "\n".join(lines[begin:end])
        end += 1
    yield 0, "\n".join(lines)


def _named(node: ast.AST, key: str) -> ast.expr | ast.keyword | None:
    if isinstance(node, ast.keyword) and node.arg == key:
        return node
    if isinstance(node, ast.Dict):
        return next((k for k in node.keys if isinstance(k, ast.Constant) and k.value == key), None)
    if isinstance(node, ast.Tuple | ast.List) and len(node.elts) == _PAIR:
        first = node.elts[0]
        return first if isinstance(first, ast.Constant) and first.value == key else None
    return None


def _within(tree: ast.Module, around: Span) -> list[ast.AST]:
    """The nodes of the call that spans `around`, or of the assignment whose target does."""
    found: list[ast.AST] = []
    for node in _near(tree, around.line):
        if isinstance(node, ast.Assign):
            is_there = any(target.lineno == around.line for target in node.targets)
        elif isinstance(node, ast.AnnAssign):
            is_there = node.lineno == around.line
        else:
            is_there = isinstance(node, ast.Call) and (node.lineno, node.end_lineno) == (around.line, around.end_line)
        if is_there:
            found.extend(ast.walk(node))
    return found


def _near(tree: ast.Module, line: int) -> Iterator[ast.AST]:
    """The nodes of statements that a line is in."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        yield node
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt) and not _begin(child) <= line <= (child.end_lineno or child.lineno):
                continue
            pending.append(child)


def _begin(node: ast.stmt) -> int:
    return min((decorator.lineno for decorator in getattr(node, "decorator_list", ())), default=node.lineno)


def _span(lines: list[str], before: int, node: ast.expr | ast.keyword, key: str) -> Span:
    """The span in code points; Python counts columns in bytes."""
    line = node.lineno + before
    column = len(lines[line - 1].encode()[: node.col_offset].decode("utf-8", "ignore"))
    if isinstance(node, ast.keyword) or node.end_lineno is None or node.end_col_offset is None:
        return Span(line, column, line, column + len(key))
    end_line = node.end_lineno + before
    end = len(lines[end_line - 1].encode()[: node.end_col_offset].decode("utf-8", "ignore"))
    return Span(line, column, end_line, end)
