"""Where a keyword or a key stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery.model import Span
from flake8_celery.spots import spot
from tests.projects import make

DECORATED = """\
@app.task(
    bind=True,
    time_limts=3,
)
def f(self, time_limts=4): ...
"""


def at(text: str, around: Span, key: str) -> tuple[int, int, int, int]:
    found = spot("a.py", text.encode(), around, key)
    return found.line, found.column, found.end_line, found.end_column


@pytest.mark.parametrize(
    ("text", "around", "key", "expected"),
    [
        (DECORATED, Span(1, 1, 4, 1), "time_limts", (3, 4, 3, 14)),
        ("app.conf.update(a=1, b=2)\n", Span(1, 0, 1, 25), "b", (1, 21, 1, 22)),
        ("app.conf.update({\n  'a': 1,\n  'b': 2})\n", Span(1, 0, 3, 9), "b", (3, 2, 3, 5)),
        ("C = {\n  'a': 1,\n  'b': 2}\n", Span(1, 0, 1, 1), "b", (3, 2, 3, 5)),
        ("C: dict = dict(\n  a=1)\n", Span(1, 0, 1, 1), "a", (2, 2, 2, 3)),
        ("f('é', b=2)\n", Span(1, 0, 1, 11), "b", (1, 7, 1, 8)),
        ("f('é',\n  **{'ü': 0, 'b': 2})\n", Span(1, 0, 2, 21), "b", (2, 13, 2, 16)),
        ("f(a=1)\r\ng(\r\n  b=1)\r\n", Span(2, 0, 3, 6), "b", (3, 2, 3, 3)),
        ("\ufefff(a=1)\n", Span(1, 0, 1, 6), "a", (1, 2, 1, 3)),
        ("f(g(a=1), a=2)\n", Span(1, 0, 1, 14), "a", (1, 4, 1, 5)),
        ('x = """\nf(a=0)\n"""\nif x:\n  f(a=1)\nelse:\n  f(a=2)\n', Span(5, 2, 5, 8), "a", (5, 4, 5, 5)),
        ('x = """\nf(a=0)\n"""\nif x:\n  f(a=1)\nelse:\n  f(a=2)\n', Span(7, 2, 7, 8), "a", (7, 4, 7, 5)),
        ('def g():\n  x = """\ny"""; f(\n  a=1)\n', Span(3, 6, 4, 6), "a", (4, 2, 4, 3)),
        ("x = 1\n@f(\n  a=1)\n@f(\n  b=1\n)\ndef g(): ...\n", Span(4, 1, 6, 1), "b", (5, 2, 5, 3)),
    ],
)
def test_spot(text: str, around: Span, key: str, expected: tuple[int, int, int, int]) -> None:
    assert at(text, around, key) == expected


@pytest.mark.parametrize("text", ["f(b=1)\n", "f(a=1\n", "\0", "x = 1\n"])
def test_what_is_not_found_is_where_it_was(text: str) -> None:
    assert at(text, Span(1, 0, 1, 6), "a") == (1, 0, 1, 6)


def test_what_checks_ask(tmp_path: Path) -> None:
    project = make(tmp_path, {"a.py": DECORATED})
    module = project.module("a.py")
    assert module is not None
    around = module.body.calls[0].span
    assert project.spot(module, around, "time_limts") == Span(3, 4, 3, 14)
    assert project.spot(module.body, around, "missing") == around
    (tmp_path / "a.py").unlink()
    assert project.spot(module, around, "time_limts") == around


def test_the_first_item_of_a_pair_is_a_key() -> None:
    text = "R = ([\n  ('a', {'q': 1}),\n  ['b', 2],\n  ('a', 'b', 'c'),\n],)\n"
    assert at(text, Span(1, 0, 1, 1), "a") == (2, 3, 2, 6)
    assert at(text, Span(1, 0, 1, 1), "b") == (3, 3, 3, 6)
    assert at(text, Span(1, 0, 1, 1), "c") == (1, 0, 1, 1)
