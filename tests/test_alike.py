"""When two texts of a file say the same."""

from __future__ import annotations

import pytest

from flake8_celery.alike import Alike
from flake8_celery.packing import restore, store
from flake8_celery.place import Span
from flake8_celery.slices import facts_of
from flake8_celery.source import decode

TEXT = """\
from celery import shared_task

LIMIT = 30
LIMIT = 50


@shared_task(time_limit=LIMIT)
def pay(order):
    print(order)
"""


def alike(before: str, now: str) -> Alike:
    old, new = (facts_of(decode("a.py", text.encode())) for text in (before, now))
    return Alike(store(old, {"what": 1}), new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("print", "\n    # why\n    print"),
        ("(time_limit=LIMIT)", "(\n    time_limit=LIMIT\n)"),
        ("(o", "( o"),
    ],
)
def test_places_may_differ(old: str, new: str) -> None:
    compared = alike(TEXT, TEXT.replace(old, new, 1) if old else TEXT)
    assert compared.same()
    assert not compared.private
    kept = restore(compared.packed())
    assert kept == facts_of(decode("a.py", (TEXT.replace(old, new, 1) if old else TEXT).encode()))
    assert kept.outline == {"what": 1}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("print(order)", "print(order, 1)"),
        ("print(order)", "pass"),
        ("def pay", "async def pay"),
        ("pay(order)", "pay(order=1)"),
        ("LIMIT = 30\nLIMIT = 50", "LIMIT = 50\nLIMIT = 30"),
        ("    print(order)", "    if order:\n        print(order)"),
        ("import shared_task", "import shared_task, Task"),
    ],
)
def test_nothing_else_may(old: str, new: str) -> None:
    assert old in TEXT
    assert not alike(TEXT, TEXT.replace(old, new)).same()


def test_what_has_moved_and_where() -> None:
    compared = alike(TEXT, TEXT.replace("\n\n\n@", "\n\n# why\n@").replace("print(order)", "print( order)"))
    assert compared.same()
    assert compared.moved == 9
    assert compared.places[Span(9, 4, 9, 16)] == Span(9, 4, 9, 17)
    compared = alike(TEXT, "# why\n" + TEXT)
    assert compared.same()
    assert compared.moved == 1
    assert compared.places[Span(9, 4, 9, 16)] == Span(10, 4, 10, 16)


def test_constants() -> None:
    compared = alike(TEXT, TEXT + "FRESH = (1, True)\n")
    assert compared.same()
    assert compared.private == {"FRESH"}
    assert not compared.has_text
    assert not compared.moved
    assert not compared.is_known([b"fresh", b"LIMIT", b"FRESHER", b"IS_FRESH"])
    for others in (b'["FRESH"]', rb'["\\nFRESH"]', rb'["\\u2028FRESH"]', b'["a.py.FRESH"]', b"FRESH\\u00e4"):
        assert compared.is_known([others]), others
    assert restore(compared.packed()).outline == {}
    compared = alike(TEXT, TEXT + "FRESH = ['a']\n")
    assert compared.same()
    assert compared.has_text
    compared = alike(TEXT, TEXT.replace("50", "40"))
    assert compared.same()
    assert compared.private == {"LIMIT"}
    assert compared.is_known([])
    compared = alike(TEXT, TEXT + "TASK_TIME_LIMIT = 3\n")
    assert compared.same()
    assert compared.is_known([])
