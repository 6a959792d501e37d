"""Where a keyword or a key of a dictionary stands in the text.

The facts keep the places of calls and statements only: few findings need more, and those may read the file again.
"""

from __future__ import annotations

import ast
import warnings

from .model import Span
from .source import SourceError, decode

_PAIR = 2


def spot(path: str, data: bytes, around: Span, key: str) -> Span:
    """Where the keyword argument or string key `key` stands in the call or assignment at `around`, the first where
    there are several; `around` itself where it is not found. A pair's first item is a key as well."""
    try:
        text = decode(path, data).text.removeprefix("\ufeff")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SourceError, SyntaxError, ValueError, RecursionError, MemoryError):
        return around
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    found = []
    for node in _within(tree, around):
        named: ast.expr | ast.keyword | None = None
        if isinstance(node, ast.keyword) and node.arg == key:
            named = node
        elif isinstance(node, ast.Dict):
            named = next((k for k in node.keys if isinstance(k, ast.Constant) and k.value == key), None)
        elif isinstance(node, ast.Tuple | ast.List) and len(node.elts) == _PAIR:
            first = node.elts[0]
            named = first if isinstance(first, ast.Constant) and first.value == key else None
        if named is not None:
            found.append(_span(lines, named, key))
    return min(found, key=lambda s: (s.line, s.column)) if found else around


def _within(tree: ast.Module, around: Span) -> list[ast.AST]:
    """The nodes of the call that spans `around`, or of the assignment whose target does."""
    found: list[ast.AST] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            is_there = any(target.lineno == around.line for target in node.targets)
        elif isinstance(node, ast.AnnAssign):
            is_there = node.lineno == around.line
        else:
            is_there = isinstance(node, ast.Call) and (node.lineno, node.end_lineno) == (around.line, around.end_line)
        if is_there:
            found.extend(ast.walk(node))
    return found


def _span(lines: list[str], node: ast.expr | ast.keyword, key: str) -> Span:
    """The span in code points; Python counts columns in bytes."""
    column = len(lines[node.lineno - 1].encode()[: node.col_offset].decode("utf-8", "ignore"))
    if isinstance(node, ast.keyword) or node.end_lineno is None or node.end_col_offset is None:
        return Span(node.lineno, column, node.lineno, column + len(key))
    end = len(lines[node.end_lineno - 1].encode()[: node.end_col_offset].decode("utf-8", "ignore"))
    return Span(node.lineno, column, node.end_lineno, end)
