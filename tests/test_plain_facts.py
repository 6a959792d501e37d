"""What is read of Python's own tree is what libcst's tree says."""

from __future__ import annotations

import ast
import sys
import sysconfig
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesmith import from_grammar

import flake8_celery
from flake8_celery.facts import facts
from flake8_celery.model import Attr, Expr, Module, Name, Span
from flake8_celery.plain_facts import PlainWalk, UnsureError, parsed
from flake8_celery.slices import facts_of
from flake8_celery.source import SourceError, decode

HERE = Path(__file__).parent
LIBRARY = Path(sysconfig.get_path("stdlib"))
OURS = sorted(Path(flake8_celery.__file__).parent.rglob("*.py"))[::6]
THEIRS = [LIBRARY / name for name in ("ast.py", "argparse.py", "asyncio/tasks.py", "dataclasses.py", "turtle.py")]


def plain(text: str) -> Module:
    walk = PlainWalk(text)
    with walk.in_module():
        for statement in parsed(text).body:
            walk.statement(statement)
    return walk.close("a.py")


def spans(module: Module) -> list[Span]:
    """All places: they do not count when facts are compared in a `Dict`."""
    found = []
    for scope in module.scopes:
        found += [scope.span, *(d.span for d in scope.decorators), *(f.span for f in scope.flows)]
        for facts_of_scope in (scope.calls, scope.assigns, scope.imports, scope.returns, scope.raises, scope.bare):
            found += [fact.span for fact in facts_of_scope]
        for block in scope.blocks:
            found += [block.span, *(handler.span for handler in block.handlers)]
    return found


def equal(text: str) -> None:
    expected = facts(decode("a.py", text.encode()))
    found = plain(text)
    assert found == expected
    assert spans(found) == spans(expected)
    assert [repr(scope) for scope in found.scopes] == [repr(scope) for scope in expected.scopes]


@pytest.mark.parametrize("path", [*OURS, *THEIRS], ids=lambda path: path.name)
def test_files(path: Path) -> None:
    source = decode("a.py", path.read_bytes())
    expected, found = facts(source), facts_of(source, concerns=False)
    assert found == expected
    assert spans(found) == spans(expected)


TEXTS = [
    "for x in ( 1, 2, ):\n    pass\nelse :\n    pass\n",
    "for x in 1, 2,: pass\n",
    "for x in (): pass\nfor x in ( ): pass\nfor x in ( # (\n ): pass\n",
    "for x in (1), (2): pass\nfor x in ((1), (2)): pass\nfor x in ((1),): pass\nfor x in (1),: pass\n",
    "for x in (a, b), (c): pass\nfor x in ((a, b), (c)): pass\n",
    "for x in (\n  1, # c)\n  2 # ,d\n , # e\n):\n    pass\n",
    "for x in (y for y in z ): pass\nfor x in ((f(y) for y in (z) if (y))) : pass\n",
    "while a:\n    pass\n# no\n\nelse: # yes\n    f()\n",
    "try:\n    a()\nexcept (B, C) as e:\n    pass\nexcept(D)as  f: pass\nelse:\n    b()\n  # in\nfinally  :\n    c()\n",
    "try: a()\nfinally:\n    @d\n    def f(): pass\n",
    "with a as b, (c) as (d, e): pass\nwith (f(), g() as h): pass\n",
    "async def f(): \n async with a: await b\n async for c in d: yield c\n return [e async for e in (f)]\n",
    "class A (B, *C, k=D, **E):\n    x: int\n    y: 'B' = 1\n    def  f (self, a, /, b=1, *c: d, e=2, **g) -> h: ...\n",
    "@a.b(c)\n# why\n@d\nasync  def f(x): return x\n",
    "f(a=g(), *h(), **i())\nf(*a, b, c=d, *e)\n",
    "x = a and b and (c and d) or not e\ny = a < b not in c is not d\nz = - 1 + 2 * 3 ** 4 - ~a\n",
    "x[1, ], x[1:2, f()], x[(1, 2)], x[1:f()], x[()]\n",
    "del a, (b, c.d), e[f()]\na, (b, *c) = d = 1, (2, 3)\na += f()\na.b[c] @= d\n",
    "lambda a, *b, c=f(): (a, b)\nx = (lambda: (yield))\n",
    "if (a := f()): pass\nelif b: pass\nelse: pass\n",
    "import a.b as c, d.e\nfrom . import f\nfrom ..g import (h as i, j,)\nfrom k import *\n",
    "{'task': 'a', 'args': (1, 2), 'schedule': f()}\n{**a, 'task': ( 'b' )}\n{1, *a}\n",
    "match a:\n    case 1, 2: pass\n    case [(1), 2]: pass\n    case (1) | (2): pass\n",
    "match f(a):\n    case {'k': [b, *c], **d} if g(): h()\n    case E(x=1, y=z) | (None): pass\n    case _: pass\n",
    "b'a' b'b'\nx = 1j + 10_000 + 0x1F + 1e3\n...\n'a' 'b'\nf'a' 'b{{c'\n",
    "f'{x!r:>{w()}} a{{b}}\\n' rf'\\{y}\\n' f'{z=}' f'{ z  = !s}'\n",
    "f'{a()} {a()} {b[\"k\"]()}' f'{c(d={1: 2})}'\n",
    "f'''{\n a(\n b)}  {c()}\n{d()}\n'''\n",
    "f'{a if b() else c} {(lambda: d)()} {e != f()} {g()!r:{h}} {i()=}'\n",
    "f'\\N{BULLET} {a()} \\\\{b()} \\x41{c()}'\n",
    "é = f('ä', x=ü.ö('\U0001f40d')); 'ß', g(1)\nfor ñ in ('é', b): pass\n",
    "f'é {a()} {b(1)}'\n",
    "x = '''a\r\nb'''\r\nf(x)\r\n",
    "x = (yield a), (await b)\nraise A(b) from c()\nassert a(), b()\nglobal d\n",
    "def f(): \n    nonlocal a\n    for b in c:\n        if d: continue\n        break\n    yield from e()\n",
    "def f(a):\n    locals()\n",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_shapes(text: str) -> None:
    equal(text)


def test_what_the_running_python_knows() -> None:
    if hasattr(ast, "TryStar"):
        equal("try: a()\nexcept* (B, C) as d:\n    e()\n")
    if sys.version_info >= (3, 11):
        equal("x[*a], x[*a, 1], x[1, *a], x[*a,]\ndef f(x: tuple[*A]): pass\n")
    if hasattr(ast, "TypeAlias"):
        equal("type A[B] = C()\ndef f[T: int](x: T): pass\nclass G[*Ts]: pass\n")


def test_exceptions_without_brackets() -> None:
    equal("try:\n    a()\nexcept B, c.D :  # f()\n    x = e()\nexcept  F,G:\n    pass\nelse: h()\n")
    equal("def f():\n\ttry:\n\t\ta()\r\n\texcept B, C:\r\n\t\tpass\n\texcept D:\n\t\tpass")


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python's own parser takes it")
@pytest.mark.parametrize(
    "text",
    [
        "'''\nexcept A, B:\n'''\ntry:\n    a()\nexcept B, C:\n    pass\n",
        "try: a()\nexcept B, C: f()\n",
        "try: a()\nexcept B, C as d:\n    pass\n",
        "try:\r    a()\rexcept B, C:\r    pass\r",
    ],
)
def test_other_exceptions_without_brackets_are_left_to_libcst(text: str) -> None:
    with pytest.raises(UnsureError):
        plain(text)


@pytest.mark.parametrize(
    "text",
    [
        "def f(:\n",
        "async \\\n def f(): pass\n",
        "try: a()\nexcept (\n B\n) as c: pass\n",
        "for a in b: pass\n\\\nelse: pass\n",
        "(a\n",
        "class ﬁ: pass\n",
        "match a:\n    case (1, 2): pass\n",
        "match a:\n    case (1), 2: pass\n",
    ],
)
def test_what_is_not_certain_is_left_to_libcst(text: str) -> None:
    with pytest.raises(UnsureError):
        plain(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("f'{a} b'", [Name("a"), " b"]),
        ("f'{{{a}}}'", ["{", Name("a"), "}"]),
        ("f'\\x41{a}'", ["A", Name("a")]),
        ("rf'\\x41{a}'", ["\\x41", Name("a")]),
        ("f'{a.b=}'", ["a.b=", Attr(Name("a"), "b")]),
        ("f'''\"{a}\"'''", ['"', Name("a"), '"']),
        ("'' f'' f'{a}'", [Name("a")]),
    ],
)
def test_formatted_strings(text: str, parts: list[Expr | str]) -> None:
    for module in (facts(decode("a.py", f"x = {text}\n".encode())), plain(f"x = {text}\n")):
        value = module.body.assigns[0].value
        assert [getattr(part, "value", part) for part in value.parts] == parts  # type: ignore[union-attr]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(from_grammar())
def test_any_program(text: str) -> None:
    try:
        expected = facts(decode("a.py", text.encode()))
        found = plain(text)
    except (SourceError, UnsureError, UnicodeEncodeError):
        return
    # libcst misplaces what follows a line with nothing but a backslash, and what follows a form feed
    if "\f" not in text and not any(line.strip() == "\\" for line in text.splitlines()):
        assert found == expected
        assert spans(found) == spans(expected)


@pytest.mark.parametrize(
    "text", ["ª = 1\n", "def ﬁnish():\n    pay.delay(ﬁne)\n", "x.\u017fend()\n", "cafe\u0301 = 1\n"]
)
def test_names_that_python_reads_otherwise_are_left_to_libcst(text: str) -> None:
    with pytest.raises(UnsureError):
        plain(text)
    assert facts_of(decode("a.py", text.encode())) == facts(decode("a.py", text.encode()))


def test_words_in_other_alphabets_are_none_of_these() -> None:
    text = "größe = '… ½ 表'  # é\n\u043f\u0440.delay(größe)\n"
    assert plain(text) == facts(decode("a.py", text.encode()))
