"""Which handler gets an exception, and what becomes of it there."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from flake8_celery.knowledge.exceptions import ALSO, BASES, ancestors, canonical
from flake8_celery.model import Name, Scope
from flake8_celery.project import Project
from tests.projects import make

RETRY = "celery.exceptions.Retry"


def function(tmp_path: Path, code: str, **files: str) -> tuple[Project, Scope]:
    lines = "".join(f"    {line}\n" for line in code.strip("\n").split("\n"))
    text = f"import contextlib, sys, requests\n\nfrom celery import exceptions\ndef f():\n{lines}"
    project = make(tmp_path, {"a.py": text, **{f"{name}.py": more for name, more in files.items()}})
    module = project.module("a.py")
    assert module is not None
    scope = module.scope("f")
    assert scope is not None
    return project, scope


def catcher(tmp_path: Path, code: str, error: str = RETRY) -> int | None:
    """The line, counted in `code`, of the handler that gets an error raised at `here()`."""
    project, scope = function(tmp_path, code)
    call = next(c for c in scope.calls if c.attr == "here")
    found = project.handling.catcher(scope, call.block, error)
    return found.handler.span.line - 4 if found is not None else None


@pytest.mark.parametrize(
    "types",
    [
        ":",
        " Exception:",
        " BaseException as e:",
        " (ValueError, Exception):",
        " exceptions.TaskPredicate:",
        " exceptions.CeleryError:",
        " exceptions.Retry:",
    ],
)
def test_handlers_that_get_a_retry(tmp_path: Path, types: str) -> None:
    assert catcher(tmp_path, f"try:\n    here()\nexcept{types}\n    pass") == 3


@pytest.mark.parametrize(
    "types",
    [
        "ValueError",
        "exceptions.MaxRetriesExceededError",
        "f.MaxRetriesExceededError",
        "requests.RequestException",
        "unknown()",
        "(unknown(), ValueError)",
        "requests.ERRORS",
    ],
)
def test_handlers_that_do_not(tmp_path: Path, types: str) -> None:
    assert catcher(tmp_path, f"try:\n    here()\nexcept {types}:\n    pass") is None


def test_the_first_handler_gets_it(tmp_path: Path) -> None:
    handlers = "".join(f"except {t}:\n    pass\n" for t in ("ValueError", "exceptions.Ignore", "Exception"))
    code = f"try:\n    here()\n{handlers}"
    assert catcher(tmp_path, code) == 7
    assert catcher(tmp_path, code, "celery.exceptions.Ignore") == 5
    assert catcher(tmp_path, code, "ValueError") == 3
    assert catcher(tmp_path, code, "UnicodeDecodeError") == 3


def test_a_handler_that_cannot_be_told_may_get_it(tmp_path: Path) -> None:
    assert catcher(tmp_path, "try:\n    here()\nexcept errors():\n    pass\nexcept Exception:\n    pass") is None


@pytest.mark.parametrize(
    "place", ["except ValueError:\n        here()", "else:\n        here()", "finally:\n        here()"]
)
def test_only_the_try_around_counts(tmp_path: Path, place: str) -> None:
    """Handlers do not get what another handler, `else` or `finally` of their own `try` raises."""
    rest = "except Exception:\n        pass\n    " if not place.startswith("except") else ""
    after = "\n    except Exception:\n        pass" if place.startswith("except") else ""
    inner = f"try:\n    try:\n        go()\n    {rest}{place}{after}\nexcept Exception:\n    pass"
    lines = inner.split("\n")
    assert catcher(tmp_path, inner) == len(lines) - 1


def test_suppressed_is_not_told(tmp_path: Path) -> None:
    code = "try:\n    with contextlib.suppress(ValueError):\n        here()\nexcept Exception:\n    pass"
    assert catcher(tmp_path, code) is None


def test_classes_of_the_project(tmp_path: Path) -> None:
    code = "from errors import Busy, Odd, NETWORK\ntry:\n    here()\nexcept {}:\n    pass"
    errors = (
        "import requests\nclass Busy(requests.Timeout): ...\nclass Odd(unknown()): ...\n"
        "NETWORK = (requests.ConnectionError, Busy)\n"
    )

    def got(types: str, error: str) -> bool | None:
        project, scope = function(tmp_path, code.format(types), errors=errors)
        handler = next(h for b in scope.blocks for h in b.handlers)
        project.handling.types(scope, handler)
        for name in ("Busy", "Odd"):
            project.handling.classes(scope, Name(name))
        return project.handling.catches(scope, handler, error)

    assert got("OSError", "errors.Busy") is True
    assert got("requests.exceptions.Timeout", "errors.Busy") is True
    assert got("ValueError", "errors.Busy") is False
    assert got("NETWORK", "errors.Busy") is True
    assert got("NETWORK", "requests.exceptions.SSLError") is True
    assert got("NETWORK", "ValueError") is False
    assert got("Exception", "errors.Odd") is True
    assert got("ValueError", "errors.Odd") is None
    assert got("Busy", "OSError") is False


@pytest.mark.parametrize(
    ("body", "passes", "replaces"),
    [
        ("pass", False, False),
        ("raise", True, True),
        ("raise e", True, True),
        ("raise e from None", True, True),
        ("if bad():\n        raise", True, False),
        ("raise ValueError(e) from e", False, True),
        ("if bad():\n        raise ValueError", False, False),
        ("raise make(e)", True, True),
        ("if isinstance(e, ValueError):\n        stop()", True, False),
        ("log(e)", False, False),
        ("give_up(e)", True, False),
        ("sys.exit(1)", True, False),
        ("return None", False, False),
    ],
)
def test_what_a_handler_does(tmp_path: Path, body: str, passes: bool, replaces: bool) -> None:
    code = f"from more import give_up, log\ntry:\n    go()\nexcept Exception as e:\n    {body}"
    project, scope = function(tmp_path, code, more="def give_up(e):\n    raise e\ndef log(e): ...\n")
    handler = next(h for b in scope.blocks for h in b.handlers)
    assert project.handling.passes_on(scope, handler) is passes
    assert project.handling.replaces(scope, handler) is replaces


@pytest.mark.parametrize("name", sorted(BASES))
def test_the_tables_agree_with_the_packages(name: str) -> None:
    module, _, last = name.rpartition(".")
    cls = getattr(pytest.importorskip(module), last)
    above = {canonical(f"{base.__module__}.{base.__name__}") for base in cls.__mro__ if base is not object}
    found, complete = ancestors(name)
    assert complete or name in ALSO
    # where an installed version has further bases, the table may lack them
    assert {base.removeprefix("builtins.") for base in above} >= {f for f in found if not f.startswith("json.")}


def test_every_name_in_the_tables_exists() -> None:
    for name in ALSO:
        module, _, last = name.rpartition(".")
        assert name in BASES
        assert hasattr(importlib.import_module(module), last)


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("builtins.IOError", "OSError"),
        ("requests.Timeout", "requests.exceptions.Timeout"),
        ("requests.get", "requests.get"),
        ("celery.app.task.Ignore", "celery.exceptions.Ignore"),
        ("socket.timeout", "TimeoutError"),
    ],
)
def test_names(written: str, known: str) -> None:
    assert canonical(written) == known
