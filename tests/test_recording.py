"""Which lines of a run are recorded."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from flake8_celery.harness.plan import Point
from flake8_celery.harness.recording import Tracer, is_own, nearest

SOURCE = """\
import json

class Order:
    kind = "order"

    def pay(self):
        return [self.book(n) for n in range(3)]

    def book(self, n):
        total = 0
        while total < n:
            total += 1
        return json.dumps(total)

def task(order):
    try:
        order.pay()
        raise ValueError
    except ValueError:
        pass
"""


@pytest.fixture
def loaded(tmp_path: Path) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(SOURCE, str(tmp_path / "shop.py"), "exec"), names)
    return names


def trace(root: Path, function: Any, *args: object) -> list[tuple[int, bool]]:
    found: list[tuple[int, bool]] = []

    def reached(point: Point, frame: FrameType) -> None:
        assert point.file == str(root / "shop.py")
        found.append((point.line, point.after))

    before = sys.gettrace()
    tracer = Tracer(str(root), reached)
    tracer.start()
    try:
        function(*args)
    finally:
        tracer.stop()
        sys.settrace(before)
    return found


def test_each_line_once_in_the_order_of_the_run(tmp_path: Path, loaded: dict[str, Any]) -> None:
    lines = trace(tmp_path, loaded["task"], loaded["Order"]())
    assert [line for line, _ in lines] == [16, 17, 7, 10, 11, 13, 12, 18, 19, 20, 20]
    assert [after for _, after in lines] == [False] * 10 + [True]


def test_other_folders_are_not_the_projects(tmp_path: Path, loaded: dict[str, Any]) -> None:
    assert trace(tmp_path / "elsewhere", loaded["task"], loaded["Order"]()) == []


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("shop/tasks.py", True),
        (".venv/lib/python3.12/site-packages/requests/api.py", False),
        ("../shop2/tasks.py", False),
    ],
)
def test_installed_code_is_not_the_projects(tmp_path: Path, path: str, own: bool) -> None:
    names: dict[str, Any] = {}
    exec(compile("def f(): pass", str(tmp_path / path), "exec"), names)
    assert is_own(names["f"].__code__, str(tmp_path)) is own


def test_bodies_of_modules_and_classes_are_left_out(tmp_path: Path) -> None:
    code = compile(SOURCE, str(tmp_path / "shop.py"), "exec")
    assert not is_own(code, str(tmp_path))
    body = next(constant for constant in code.co_consts if getattr(constant, "co_name", "") == "Order")
    assert not is_own(body, str(tmp_path))


def test_the_line_that_led_to_a_call(tmp_path: Path) -> None:
    names: dict[str, Any] = {"look": lambda: nearest(str(tmp_path), sys._getframe())}
    exec(compile("def f():\n    return look()\n", str(tmp_path / "shop.py"), "exec"), names)
    assert names["f"]() == Point(str(tmp_path / "shop.py"), 2)
    assert names["look"]() is None
