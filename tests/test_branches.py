"""Which parts of a function exclude each other."""

from __future__ import annotations

import pytest

from flake8_celery.branches import apart
from flake8_celery.facts import facts
from flake8_celery.source import decode


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("if x:\n one()\nelse:\n other()", True),
        ("if x:\n other()\nelse:\n one()", True),
        ("if x:\n one()\nelif y:\n other()", True),
        ("if x:\n one()\nelif y:\n a()\nelse:\n for i in z:\n  other()", True),
        ("if x:\n one()\nif x:\n other()", False),
        ("if x:\n one()\n other()", False),
        ("if x:\n one()\nother()", False),
        ("if x:\n one()\n return\nother()", True),
        ("if x:\n if y:\n  return\n one()\nother()", False),
        ("if x:\n with a:\n  one()\n  return\nother()", True),
        ("if x:\n one()\n with a, b:\n  return\nother()", True),
        ("if x:\n with a:\n  one()\n  raise\nother()", False),
        ("if x:\n with a:\n  if y:\n   return\n one()\nother()", False),
        ("with a:\n one()\n return\nother()", False),
        ("try:\n a()\nexcept E:\n one()\n raise\nother()", True),
        ("for i in z:\n one()\n return\nother()", False),
        ("one()\nother()", False),
    ],
)
def test_apart(code: str, expected: bool) -> None:
    body = "".join(f" {line}\n" for line in code.splitlines())
    module = facts(decode("a.py", f"def f():\n{body}".encode()))
    scope = module.scopes[1]
    blocks = {call.attr: call.block for call in scope.calls}
    assert apart(scope, blocks["one"], blocks["other"]) is expected
