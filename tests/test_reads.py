"""What a scope reads."""

from __future__ import annotations

import pytest

from flake8_celery.facts import facts
from flake8_celery.model import Name
from flake8_celery.reads import reads
from flake8_celery.source import decode


def names(code: str) -> set[str]:
    lines = "".join(f"    {line}\n" for line in code.split("\n"))
    module = facts(decode("a.py", f"def f():\n{lines}".encode()))
    return {part.id for part, _ in reads(module.scopes[1]) if isinstance(part, Name)}


@pytest.mark.parametrize(
    ("code", "read"),
    [
        ("a = b", {"b"}),
        ("a += b", {"a", "b"}),
        ("a.x = b", {"a", "b"}),
        ("a[i] = b", {"a", "i", "b"}),
        ("a, b = c, d", {"c", "d"}),
        ("del a", set()),
        ("f(a, *b, k=c, **d).g(e[h])", {"f", "a", "b", "c", "d", "e", "h"}),
        ("return a if b else c", {"a", "b", "c"}),
        ("raise a(b) from c", {"a", "b"}),
        ("if a < b and not c: pass\nelif d: pass", {"a", "b", "c", "d"}),
        ("for x in a: pass", {"a"}),
        ("while a: pass", {"a"}),
        ("with a as b: pass", {"a"}),
        ("f'{a} {b.c}'", set()),
        ("x = f'{a} {b.c}'", {"a", "b"}),
        ("x = {a: [b, {c}], **d}", {"a", "b", "c", "d"}),
        ("x = [a(y) for y in b]", {"a", "y", "b"}),
        ("a.b", {"a"}),
        ("x = await a", {"a"}),
        ("pass", set()),
    ],
)
def test_names_read(code: str, read: set[str]) -> None:
    assert names(code) == read


def test_the_place_comes_with_it() -> None:
    module = facts(decode("a.py", b"def f():\n    a()\n    if b:\n        c(d)\n"))
    found = {part.id: span.line for part, span in reads(module.scopes[1]) if isinstance(part, Name)}
    assert found == {"a": 2, "b": 3, "c": 4, "d": 4}
