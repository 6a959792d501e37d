"""Which context managers swallow what is raised in their block."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import make

MANAGERS = """
import contextlib
from contextlib import contextmanager, suppress
from elsewhere import quiet, Elsewhere

@contextmanager
def warn(message, kind=Exception):
    try:
        yield
    except kind as error:
        print(message, error)

@contextmanager
def bare():
    try:
        yield
    except:
        pass

@contextmanager
def raising():
    try:
        yield
    except Exception as error:
        raise RuntimeError from error

@contextmanager
def narrow():
    try:
        with open("x"):
            yield
    except (ValueError, KeyError):
        pass
    except Exception:
        raise

@contextmanager
def cleaning():
    try:
        yield
    finally:
        print()

def plain():
    try:
        yield
    except Exception:
        pass

class Quiet:
    def __enter__(self): ...
    def __exit__(self, *error):
        return True

class Picky:
    def __enter__(self): ...
    def __exit__(self, kind, error, trace):
        if kind is ValueError:
            return True
"""


@pytest.mark.parametrize(
    ("manager", "types"),
    [
        ("suppress(OSError, KeyError)", ["OSError", "KeyError"]),
        ("contextlib.suppress(Exception)", ["Exception"]),
        ("suppress(*KINDS)", [None]),
        ("warn('x')", ["Exception"]),
        ("warn('x', ValueError)", ["ValueError"]),
        ("warn('x', kind=(ValueError, KeyError))", ["ValueError", "KeyError"]),
        ("warn('x', **more)", [None]),
        ("bare()", ["BaseException"]),
        ("raising()", []),
        ("narrow()", ["ValueError", "KeyError"]),
        ("cleaning()", []),
        ("plain()", []),
        ("Quiet()", ["BaseException"]),
        ("Picky()", []),
        ("quiet()", []),
        ("Elsewhere()", []),
        ("open('x')", []),
        ("lock", []),
    ],
)
def test_types(tmp_path: Path, manager: str, types: list[str | None]) -> None:
    project = make(tmp_path, {"a.py": f"{MANAGERS}\ndef f(lock, more):\n    with {manager}:\n        pass\n"})
    module = project.module("a.py")
    assert module is not None
    scope = module.scope("f")
    assert scope is not None
    assert project.suppressing.types(scope, scope.blocks[0].test) == types
