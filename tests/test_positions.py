"""Positions agree with libcst's own provider."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesmith import from_grammar

import flake8_celery
from flake8_celery.positions import positions, provided

OPEN_ENDED = (
    cst.BaseCompoundStatement,
    cst.ExceptHandler,
    cst.ExceptStarHandler,
    cst.Finally,
    cst.Else,
    cst.MatchCase,
    cst.ImportFrom,
    cst.Import,
)
SKIPPED = (
    cst.BaseParenthesizableWhitespace,
    cst.EmptyLine,
    cst.TrailingWhitespace,
    cst.Newline,
    cst.Comment,
    cst.Module,
)
SOURCES = sorted(Path(flake8_celery.__file__).parent.rglob("*.py"))


class Nodes(cst.CSTVisitor):
    def __init__(self) -> None:
        self.found: list[cst.CSTNode] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, (cst.BaseExpression, cst.BaseSmallStatement, *OPEN_ENDED)) and not isinstance(
            node, SKIPPED
        ):
            self.found.append(node)
        return True


def compare(text: str) -> None:
    module = cst.parse_module(text)
    nodes = Nodes()
    module.visit(nodes)
    for node, ours, theirs in zip(
        nodes.found, positions(module, nodes.found), provided(module, nodes.found), strict=True
    ):
        assert (ours.line, ours.column) == (theirs.line, theirs.column), node
        if not isinstance(node, OPEN_ENDED):
            assert ours == theirs, node


@pytest.mark.parametrize("path", SOURCES[:12], ids=lambda p: p.name)
def test_own_sources(path: Path) -> None:
    compare(path.read_text("utf-8"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "if a:\n    pass\nelif b:\n    f( (1), )\nelse:\n    g(lambda: (yield))\n",
        "@a.b(\n  1\n)\n# comment\n@c\nasync def f(x, *, y=g()): return await z\n",
        "try:\r\n    a()\r\nexcept* (E, F) as e:\r\n    raise\r\nfinally:\r\n\tb()\r\n",
        "match x:\n    case [a, *_] if a: f'{a!r:>{w}}'\n",
        "x = (\n  a  # one\n  + b\n)\n\n\nclass C(B, metaclass=M): y: int = 1; del z\n",
    ],
)
def test_shapes(text: str) -> None:
    compare(text)


@given(from_grammar().filter(lambda text: "\x0c" not in text))
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_program(text: str) -> None:
    try:
        cst.parse_module(text)
    except cst.ParserSyntaxError:
        return
    compare(text)
