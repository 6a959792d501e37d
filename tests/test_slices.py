"""Facts of edited texts: the same as those of a text that is parsed as a whole."""

from __future__ import annotations

import ast
import random
import re
from pathlib import Path

import libcst as cst  # noqa: TC002
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flake8_celery.facts import facts
from flake8_celery.model import Module, Span
from flake8_celery.slices import Slices, facts_of
from flake8_celery.source import Source, SourceError, decode, parse

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
    "class C(D):\n  x = 1\n  def run(self, a):\n    # why\n    return a.delay(self.x)\n\n  def b(self): c.s(1)\n",
    "def f(a, b):\n  if a:\n\n     b.delay(1)  # so\n     d(lambda: a)\n  elif c: b.s(a)\n  else:\n    b.si()\n",
    "if a:\n    x()\nelif b:\n    c.delay()\n    if d:\n        e.delay\nelif c.s(1):\n    f()\n",
    "@shared_task\n# one\n@d\ndef g(a, *,  # two\n  b=e.s(1),\n):\n    # three\n\n  # four\n    return locals()\n",
    "@app.task\ndef g(a, b):\n    '''a\n  b'''\n    def h(): return a\n    x.delay(h)\n    return f(i)\n",
    "class T(app.Task, m=n()):\n\t@o\n\tasync def p(self, q=[r for r in s]):\n\t\tawait t.delay(self)\n\t\treturn\n",
    "class T(app.Task): x = 1; y = f()\n",
    "try:\n    a.delay()\nexcept B as b:\n    c.delay(b); d()\nfinally:\n    (e\n  .delay())\n",
    "def f():\n    while a:\n        with b.s(1) as c, d: break\n        continue\n    @task\n    def g(): yield a\n",
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


SLICED = [
    ("class A:\n    def b(self):\n        c()\n        d.delay(1)\n    def e(self): pass\n", ["        d.delay(1)\n"]),
    ("@shared_task\ndef f(a):\n    # why\n    g()\n    if a:\n        b.s()\n    return a\n",
     ["@shared_task\ndef f(a):\n    pass\n", "        b.s()\n"]),
    ("if a:\n    f()\nelif b.s():\n    g()\nx = 1\n", ["if a:\n    f()\nelif b.s():\n    g()\n"]),
    ("if a:\n    f()\nelif b:\n    c.s()\n", ["    c.s()\n"]),
    ("def f():\n    a = 1; b.s()\n", ["def f():\n    a = 1; b.s()\n"]),
    ("def f(a=b.s()): return a\n", ["def f(a=b.s()): return a\n"]),
    ("@(\n  shared_task)\ndef f():\n    pass\n", None),
    ("class A:\n  @(\n   shared_task)\n  def f(): pass\n", ["class A:\n  @(\n   shared_task)\n  def f(): pass\n"]),
    ("'Celery'\nclass A:\n  \"Celery\"\n  def f():\n    'Celery'\n    a.s()\n", ["    a.s()\n"]),
    ("x = 1\nmatch a:\n  case (1, 2): b()\n", ["match a:\n  case (1, 2): b()\n"]),
    ("def f(a):\n  b()\n  match c:\n    case (1, 2): d.s()\n  e()\n", ["  match c:\n    case (1, 2): d.s()\n"]),
    ("a.s()\ndef f():\n  if b: pass\n  elif c:\n    class ﬁ: pass\nx = 1\n", []),
    ("try: a()\nexcept (\n B\n) as c: d.s()\n", ["try: a()\nexcept (\n B\n) as c: d.s()\n"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sliced"), SLICED)
def test_what_libcst_parses(text: str, sliced: list[str] | None, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def parsed(source: Source, *, flat: bool) -> cst.Module:
        seen.append(source.text.removeprefix("if 1:\n"))
        return parse(source, flat=flat)

    monkeypatch.setattr("flake8_celery.slices.parse", parsed)
    module = facts_of(decode("a.py", text.encode()))
    if sliced is not None:
        assert seen == sliced
    assert module == facts(decode("a.py", text.encode()))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.lists(st.sampled_from(PIECES), max_size=8), min_size=1, max_size=4),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_any_sequence_of_texts(texts: list[list[str]], newline: str) -> None:
    parsed = Slices()
    for pieces in texts:
        both("".join(pieces).replace("\n", newline), parsed)
