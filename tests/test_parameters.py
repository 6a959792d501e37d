"""What the model says a task takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery.parameters import Parameters, Shape, passes_on
from tests.projects import make


def parameters(tmp_path: Path, text: str, more: dict[str, str] | None = None) -> Parameters | None:
    project = make(tmp_path, {"a.py": text, **(more or {})})
    return project.parameters(project.tasks[-1])


def names(found: Parameters | None) -> tuple[str, ...] | None:
    return found.positional if found is not None else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@shared_task\ndef f(a, b=1): ...\n", ("a", "b")),
        ("@shared_task(bind=True)\ndef f(self, a): ...\n", ("a",)),
        ("@shared_task(bind=True)\ndef f(*args): ...\n", ()),
        ("@shared_task(bind=BIND())\ndef f(self, a): ...\n", None),
        ("@shared_task(**OPTIONS())\ndef f(self, a): ...\n", None),
        ("@shared_task\ndef f(a): ...\n@shared_task\ndef f(a, b): ...\n", None),
        ("@outer\n@shared_task\ndef f(a): ...\n", None),
        ("@shared_task\n@unknown\ndef f(a): ...\n", None),
        ("@shared_task\n@transaction.atomic\ndef f(a): ...\n", ("a",)),
        ("@shared_task(base=other.Base)\ndef f(a): ...\n", None),
        ("class C:\n    @shared_task\n    def f(self, a): ...\n", None),
        ("class T(Task):\n    def run(self, a): ...\napp.register_task(T())\n", ("a",)),
    ],
)
def test_positional(tmp_path: Path, text: str, expected: tuple[str, ...] | None) -> None:
    head = "import other\nfrom celery import Celery, Task, shared_task\nfrom django.db import transaction\n"
    assert names(parameters(tmp_path, f"{head}app = Celery()\n{text}")) == expected


def test_all_kinds(tmp_path: Path) -> None:
    found = parameters(
        tmp_path, "from celery import shared_task\n@shared_task\ndef f(a, /, b, c=1, *rest, d, e=2, **more): ...\n"
    )
    assert found is not None
    assert found.positional == ("a", "b", "c")
    assert found.by_position == 1
    assert found.keyword_only == ("d", "e")
    assert found.required == {"a", "b", "d"}
    assert (found.var_positional, found.var_keyword, found.most) == (True, True, None)


DECORATORS = """
import contextlib
import functools

def transparent(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        log(args, kwargs)
        return f(*args, **kwargs)
    return inner

def with_options(name):
    def decorate(f):
        def inner(*args, **kwargs):
            with lock(name):
                return f(*args, **kwargs)
        return inner
    return decorate

def hiding(f):
    def inner(self, *args, **kwargs):
        return f(*args, **kwargs)
    return inner

def keeping(f):
    def inner(self, *args, **kwargs):
        return f(self, *args, **kwargs)
    return inner

def adding(f):
    def inner(*args, **kwargs):
        return f(connection(), *args, **kwargs)
    return inner

def changing(f):
    def inner(*args, **kwargs):
        kwargs.pop("trace", None)
        return f(*args, **kwargs)
    return inner

def reading(f):
    def inner(*args, **kwargs):
        tenant(kwargs.get("tenant"), args[0], kwargs["x"])
        return f(*args, **kwargs)
    return inner

@contextlib.contextmanager
def managed():
    yield

def registering(f):
    TASKS.append(f)
    return f

def fixed(f):
    def inner(order_id):
        return f(load(order_id), 1)
    return inner
"""


@pytest.mark.parametrize(
    ("decorator", "bind", "expected"),
    [
        ("transparent", "", ("a",)),
        ("transparent", "(bind=True)", ("a",)),
        ("with_options('x')", "", ("a",)),
        ("hiding", "(bind=True)", ("self", "a")),
        ("hiding", "", None),
        ("keeping", "(bind=True)", ("a",)),
        ("keeping", "", ("self", "a")),
        ("adding", "", None),
        ("changing", "", None),
        ("reading", "", ("a",)),
        ("managed()", "", ("a",)),
        ("registering", "", ("a",)),
        ("fixed", "", None),
        ("transparent\n@adding", "", None),
    ],
)
def test_decorators_below(tmp_path: Path, decorator: str, bind: str, expected: tuple[str, ...] | None) -> None:
    params = "self, a" if "self" in (expected or ()) or bind else "a"
    own = "adding, changing, fixed, hiding, keeping, managed, reading, registering, transparent, with_options"
    head = f"from celery import shared_task\nfrom d import {own}\n"
    text = f"{head}@shared_task{bind}\n@{decorator}\ndef f({params}): ...\n"
    found = parameters(tmp_path, text, {"d.py": DECORATORS})
    assert names(found) == expected
    if found is not None and decorator != "registering":
        assert found.checked is False


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("def inner(*args, **kwargs): return f(*args, **kwargs)", ("a",)),
        ("def inner(*args, **kwargs): return f(1, *args, **kwargs)", None),
        ("def inner(order): return f(order)", None),
    ],
)
def test_house_decorators(tmp_path: Path, inner: str, expected: tuple[str, ...] | None) -> None:
    house = f"""
from celery import shared_task

def house_task(**options):
    def decorate(f):
        {inner}
        return shared_task(**options)(inner)
    return decorate
"""
    text = "from house import house_task\n@house_task()\ndef f(a): ...\n"
    assert names(parameters(tmp_path, text, {"house.py": house})) == expected


def test_a_class_as_house_decorator(tmp_path: Path) -> None:
    house = """
from celery import shared_task

class house_task:
    def __init__(self, *args, **kwargs):
        self.options = kwargs

    def __call__(self, f):
        def inner(*args, **kwargs):
            return f(*args, **kwargs)
        return shared_task(inner)
"""
    text = "from house import house_task\n@house_task()\ndef f(a): ...\n"
    assert names(parameters(tmp_path, text, {"house.py": house})) == ("a",)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("def __call__(self, *args, **kwargs):\n        return self.run(*args, **kwargs)", ("a",)),
        ("def __call__(self, *args, **kwargs):\n        return super().__call__(*args, **kwargs)", ("a",)),
        ("def __call__(self, *args, **kwargs):\n        return super().__call__(1, *args, **kwargs)", None),
        ("def apply_async(self, args=None, kwargs=None, **o): ...", None),
        ("def apply_async(self, *args, **kwargs):\n        return later(super().apply_async, args)", None),
        (
            "def apply_async(self, *args, **kwargs):\n        later(lambda: super().apply_async(*args, **kwargs))",
            ("a",),
        ),
        ("def __call__(self, *args, **kwargs):\n        del kwargs['x']\n        self.run(*args, **kwargs)", None),
        ("typing = choose()", ("a",)),
        ("s = signature", None),
        ("def on_failure(self, *args): ...", ("a",)),
    ],
)
def test_base_classes(tmp_path: Path, body: str, expected: tuple[str, ...] | None) -> None:
    text = f"from celery import Task, shared_task\nclass B(Task):\n    {body}\n@shared_task(base=B)\ndef f(a): ...\n"
    assert names(parameters(tmp_path, text)) == expected


@pytest.mark.parametrize(
    ("app", "options", "checked"),
    [
        ("Celery('x')", "", True),
        ("Celery('x')", "(typing=False)", False),
        ("Celery('x')", "(typing=choose())", None),
        ("Celery('x')", "(pydantic=True)", False),
        ("Celery('x', strict_typing=False)", "", False),
        ("Celery('x', strict_typing=choose())", "", None),
        ("Celery('x', **options())", "", None),
    ],
)
def test_checked(tmp_path: Path, app: str, options: str, checked: bool | None) -> None:
    found = parameters(tmp_path, f"from celery import Celery\napp = {app}\n@app.task{options}\ndef f(a): ...\n")
    assert found is not None
    assert found.checked is checked


def made(text: str) -> Parameters:
    from flake8_celery.facts import facts
    from flake8_celery.parameters import parameters_of
    from flake8_celery.source import decode

    function = facts(decode("a.py", f"def f({text}): ...\n".encode())).scope("f")
    assert function is not None
    return parameters_of(function)


@pytest.mark.parametrize(
    ("params", "count", "keywords", "problem"),
    [
        ("a, b=1", 1, (), None),
        ("a, b=1", 0, (), "gets no `a`"),
        ("a, b, *, c", 0, (), "gets no `a`, `b` and `c`"),
        ("a, b=1", 3, (), "takes 2 arguments by position but 3 are passed"),
        ("", 1, (), "takes no arguments by position but 1 is passed"),
        ("a", 2, None, "takes 1 argument by position but 2 are passed"),
        ("a, *more", 5, (), None),
        ("a", 0, ("a",), None),
        ("a", 0, ("b",), "has no parameter `b`"),
        ("a", 1, ("a",), "gets `a` both by position and by name"),
        ("a, /", 0, ("a",), "has no parameter `a`"),
        ("a, /, **more", 1, ("a",), None),
        ("*, a", 0, ("a",), None),
        ("**more", 0, ("x",), None),
        ("a", None, (), None),
        ("a", 0, None, None),
        ("a", None, ("b",), "has no parameter `b`"),
    ],
)
def test_mismatch(params: str, count: int | None, keywords: tuple[str, ...] | None, problem: str | None) -> None:
    assert made(params).mismatch(count, keywords, complete=True) == problem


def test_what_may_be_added_is_not_missing() -> None:
    assert made("a, b").mismatch(1, (), complete=False) is None
    assert made("a, b").mismatch(3, (), complete=False) is not None


def test_shapes(tmp_path: Path) -> None:
    project = make(
        tmp_path,
        {
            "a.py": """
            import celery
            def plain(x): f(x)
            def forwards(*a, **k): return f(*a, **k)
            def twice(*a, **k):
                f(*a, **k)
                return f(*a, **k)
            def other_order(x, y, *a, **k): return f(y, x, *a, **k)
            def drops(x, *a, **k): return f(*a, **k)
            def rebinds(*a, **k):
                k = {}
                return f(*a, **k)
            def never(*a, **k): return a
            """
        },
    )
    module = project.module("a.py")
    assert module is not None
    found = {s.name: passes_on(s) for s in module.functions}
    assert found == {
        "plain": None,
        "forwards": Shape(0, 0),
        "twice": Shape(0, 0),
        "other_order": None,
        "drops": Shape(1, 0),
        "rebinds": None,
        "never": None,
    }
