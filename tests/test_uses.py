"""How a function uses a name."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery.uses import uses
from tests.projects import make


@pytest.mark.parametrize(
    ("body", "attributes", "alone"),
    [
        ("return self.request.id", {"request"}, False),
        ("self.retry(exc=1)", {"retry"}, False),
        ("raise self.retry()", {"retry"}, False),
        ("x = self.a\nself.b = 1", {"a", "b"}, False),
        ("if self.a > 1: pass", {"a"}, False),
        ("for x in self.a: pass", {"a"}, False),
        ("with self.a: pass", {"a"}, False),
        ("try: pass\nexcept self.a: pass", {"a"}, False),
        ("log(f'{self.a}', [self.b, {'x': self.c}], x=self.d[self.e])", {"a", "b", "c", "d", "e"}, False),
        ("return [x for x in self.a if self.b(x)]", {"a", "b"}, False),
        ("return self.a if self.b else -self.c", {"a", "b", "c"}, False),
        ("return lambda: self.a", {"a"}, False),
        ("def inner(x=self.a):\n    return self.b", {"a", "b"}, False),
        ("@self.a\ndef inner(): pass", {"a"}, False),
        ("def inner(self):\n    return self.a", set(), False),
        ("helper(self)", set(), True),
        ("return {'x': self}", set(), True),
        ("helper(*self, **self)", set(), True),
        ("other.self.a", set(), False),
        ("pass", set(), False),
    ],
)
def test_uses(tmp_path: Path, body: str, attributes: set[str], alone: bool) -> None:
    text = "def f(self):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    module = make(tmp_path, {"a.py": text}).module("a.py")
    assert module is not None
    function = module.scope("f")
    assert function is not None
    found = uses(function, "self")
    assert (set(found.attributes), found.alone) == (attributes, alone)
