"""Functions that nobody else can know."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from flake8_celery.model import Module
from flake8_celery.slices import facts_of
from flake8_celery.source import decode
from flake8_celery.unnamed import without_unnamed

TEXT = """\
LIMIT = 30


def first(order):
    return order.count()


def second(order):
    more = order.pay(1)
    return more


def last(order):
    second(order)
"""
FRESH = "def fresh(order):\n    order.pay()\n\n\n"


def facts(text: str) -> Module:
    return facts_of(decode("a.py", text.encode()), concerns=False)


def left(before: str, now: str, known: Collection[str] = (), called: Collection[str] = ("send",)) -> list[str] | None:
    """The functions that are left of both, None where one of those that differ may matter."""
    found = without_unnamed(facts(before), facts(now), lambda names: not set(names).isdisjoint(known), called)
    if found is None:
        return None
    names = [[scope.qualname for scope in module.scopes] for module in found]
    assert names[0] == names[1]
    for module in found:
        assert [scope.index for scope in module.scopes] == list(range(len(module.scopes)))
        assert all(scope.enclosing is module.body for scope in module.scopes[1:])
    return names[0][1:]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("def first", f"{FRESH}def first", ["first", "second", "last"]),
        ("def last", f"{FRESH}def last", ["first", "second", "last"]),
        ("order.count()", "order.count() + 1", ["second", "last"]),
        ("def first(order):\n    return order.count()\n", "", ["second", "last"]),
        ("def last", f"async {FRESH}def last", ["first", "second", "last"]),
    ],
)
def test_what_nobody_knows_may_differ(old: str, new: str, expected: list[str]) -> None:
    changed = TEXT.replace(old, new)
    assert left(TEXT, changed) == expected
    assert left(changed, TEXT) == expected


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT = 30", "LIMIT = 30"),  # nothing has changed
        ("more = order.pay(1)", "more = order.pay(2)"),  # called by `last`
        ("order.count()", "order.send()"),
        ("order.count()", "send(order)"),
        ("    return order.count()", "    order.paid = 1"),
        ("    return order.count()", "    order['paid'] = 1"),
        ("    return order.count()", "    global LIMIT\n    LIMIT = 3"),
        ("    return order.count()", "    import os\n    return os"),
        ("    return order.count()", "    def inner():\n        pass\n    return inner"),
        ("def first", "if LIMIT:\n    def fresh(order):\n        pass\n\n\ndef first"),
        ("def first", "def __getattr__(name):\n    return 1\n\n\ndef first"),
        ("def first", "def fresh(order):\n    pass\n\n\ndef fresh(order):\n    order.pay()\n\n\ndef first"),
        ("def first", "class Fresh:\n    pass\n\n\ndef first"),
        ("def last", f"{FRESH}key = lambda order: order\n\n\ndef last"),
        ("def last", f"{FRESH}fresh(1)\n\n\ndef last"),
    ],
)
def test_what_may_matter(old: str, new: str) -> None:
    changed = TEXT.replace(old, new)
    assert left(TEXT, changed) is None
    assert left(changed, TEXT) is None


def test_names_that_others_have() -> None:
    changed = TEXT.replace("def first", f"{FRESH}def first")
    assert left(TEXT, changed, known=["fresh"]) is None
    held = TEXT.replace("order.count()", "LIMIT.append(order)")
    assert left(TEXT, held) == ["second", "last"]
    assert left(TEXT, held, known=["LIMIT"]) is None
