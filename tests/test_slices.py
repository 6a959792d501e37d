"""Facts of edited texts: the same as those of a text that is parsed as a whole."""

from __future__ import annotations

import ast
import random
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flake8_celery.facts import facts
from flake8_celery.model import Module, Span
from flake8_celery.slices import Slices, facts_of
from flake8_celery.source import SourceError, decode

HERE = Path(__file__).parent
_CONTINUED = re.compile(r"(?:^|[\r\n])[ \t]*\\(?:[\r\n]|$)")
"""libcst misplaces what follows a line with nothing but a backslash."""
PIECES = (
    "x = 1\n",
    "x = 1; y = f(2)\n",
    "@task\n# why\n@other(1)\ndef f(a, *, b=lambda c: c):\n    return g(a)\n",
    "class A(B):\n\n    def run(self):\n        print('''a\n  b''')\n",
    "if a:\n    f()\nelif b:\n  g()\nelse: h()\n",
    "try:\n\tf()\nexcept (A, B) as e:\n\traise\n",
    "f(\n    1,\n)  # noqa\n",
    "# a comment\n",
    "\n",
    "  \n",
    "\f\n",
    "'a' \\\n'b'\n",
    "async def g():\n    async with a as b: await c\n",
    "é = '\U0001f40d'; f(é)\n",
    "from a import (b,\n  c)\n",
    "with a, b as c:\n    d = [e for f in g if h(f)]\n",
    "x = 1",
    "\\\n",
    "def broken(:\n",
    "  y = 2\n",
)


def both(text: str, parsed: Slices) -> None:
    source = decode("a.py", text.encode())
    whole: Module | SourceError
    try:
        whole = facts(source)
    except SourceError as error:
        whole = error
    if isinstance(whole, Module):
        again = facts_of(source, parsed)
        if not _CONTINUED.search(text):
            assert again == whole
            assert places(again) == places(whole)
    else:
        refused: SourceError | None = None
        try:
            facts_of(source, parsed)
        except SourceError as error:
            refused = error
        if refused is not None:
            assert refused.args == whole.args
        else:  # Python's own parser understands what libcst does not
            ast.parse(text)


def places(module: Module) -> list[Span]:
    return [call.span for scope in module.scopes for call in scope.calls] + [scope.span for scope in module.scopes]


@pytest.mark.parametrize("path", sorted(HERE.glob("test_[a-f]*.py")), ids=lambda path: path.name)
def test_files_as_a_whole_and_after_edits(path: Path) -> None:
    text = path.read_text()
    parsed = Slices()
    both(text, parsed)
    chance = random.Random(1)
    lines = text.split("\n")
    for _ in range(3):
        at = chance.randrange(len(lines))
        lines[at:at] = chance.choice([["x = f(1)"], ["", "# more"], ["    return g(2)"], ["'''"]])
        both("\n".join(lines), parsed)
        lines = text.split("\n")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.lists(st.sampled_from(PIECES), max_size=8), min_size=1, max_size=4),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_any_sequence_of_texts(texts: list[list[str]], newline: str) -> None:
    parsed = Slices()
    for pieces in texts:
        both("".join(pieces).replace("\n", newline), parsed)
