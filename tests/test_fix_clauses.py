"""Repairs keep to the layout that they find: of handlers, calls and decorators."""

from __future__ import annotations

import difflib
from pathlib import Path
from tempfile import TemporaryDirectory

import libcst as cst
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery.fixes.engine import apply
from flake8_celery.fixes.text import Text
from flake8_celery.lint import open_project
from flake8_celery.source import decode
from tests.test_fixes import repaired


def fixed(text: str, code: str, times: int = 1) -> str:
    """The text after the repairs of a rule, of which there must be so many; a second run changes nothing."""
    with TemporaryDirectory() as folder:
        after, outcomes = repaired(Path(folder), {"tasks.py": text}, code)
        assert sum(len(outcome.fixed) for outcome in outcomes) == times
        assert not [failure for outcome in outcomes for failure in outcome.failures]
        assert not [found for outcome in outcomes for found in outcome.left if found.code == code]
        again, _ = repaired(Path(folder), after, code)
    assert again == after
    compile(after["tasks.py"], "tasks.py", "exec")
    return after["tasks.py"]


def added(before: str, after: str) -> list[str]:
    """The lines of `after` that are new, imports left out; but for an import that got longer, none may be missing."""
    difference = list(difflib.ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True)))
    assert not [line for line in difference if line.startswith("- ") and not line.startswith("- from celery.exc")]
    return [line[2:] for line in difference if line.startswith("+ ") and not line.startswith("+ from celery.exc")]


_HANDLERS = st.sampled_from(
    [
        "except Exception: continue",
        "except Exception:  # noqa: BLE001\n{i}{u}log('it''s bad')",
        "except (\n{i}{u}ValueError,  # not a number\n{i}{u}Exception,\n{i}):\n{i}{u}# go on\n{i}{u}pass",
        "# whatever it is\n\n{i}# the next one may do\n{i}except:\n{i}{u}pass",
        "except ValueError:\n{i}{u}raise\n{i}except BaseException as error:\n{i}{u}log(error); continue",
    ]
)
_TRIES = st.sampled_from(
    [
        "try: store(fetch(url))",
        "try:\n{i}{u}store(fetch(url))\n{i}{u}# stored",
        "try:\n{i}{u}x = '''\n# no comment'''; store(x)",
    ]
)
_ENDS = st.sampled_from(["", "\n{i}else:\n{i}{u}pass", "\n{i}finally: close()"])
_IMPORTS = st.sampled_from(
    [
        "from celery import shared_task\n",
        '"""Tasks."""\nfrom celery import shared_task\nfrom celery.exceptions import Reject\n',
        "from celery import shared_task; import os\n",
        "# tasks\nfrom celery.exceptions import (\n    Ignore,\n    Retry,\n)\nfrom celery import shared_task\n",
        "from billiard.exceptions import SoftTimeLimitExceeded\nfrom celery import shared_task\n",
    ]
)


@given(_IMPORTS, _TRIES, _HANDLERS, _ENDS, st.sampled_from(["    ", "\t", "  "]), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=40, deadline=None)
def test_soft_limit_goes_through(imports: str, attempt: str, handler: str, end: str, unit: str, newline: str) -> None:
    body = "\n".join("{i}" + part for part in (attempt, handler)) + end
    text = f"{imports}\n@shared_task(soft_time_limit=5)\ndef work(urls):\n{{u}}for url in urls:\n{body}\n"
    text = text.replace("{i}", unit * 2).replace("{u}", unit).replace("\n", newline)
    new = added(text, fixed(text, "CEL412"))
    clauses = [line for line in new if line.lstrip().startswith("except ")]
    assert clauses == [f"{unit * 2}except SoftTimeLimitExceeded:{newline}"]
    assert all(line.endswith(newline) for line in new)


@given(
    _HANDLERS.filter(lambda h: "continue" not in h and "raise" not in h),
    _ENDS,
    st.sampled_from(["    ", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=20, deadline=None)
def test_retry_goes_through(handler: str, end: str, unit: str, newline: str) -> None:
    text = (
        "from celery import shared_task\n\n\n@shared_task(bind=True)\ndef work(self, url):\n"
        "{i}try:\n{i}{u}if busy(url): self.retry(countdown=5)\n{i}{u}store(url)\n{i}" + handler + end + "\n"
    )
    text = text.replace("{i}", unit).replace("{u}", unit).replace("\n", newline)
    new = added(text, fixed(text, "CEL303"))
    assert [line.strip() for line in new] == ["except Retry:", "raise"]


@pytest.mark.parametrize(
    ("imports", "clause"),
    [
        ("from celery.exceptions import Ignore, Retry", "except (Ignore, Retry):"),
        ("from celery.exceptions import Ignore", "except (Ignore, Retry):"),
        ("from urllib3.util import Retry\nfrom celery.exceptions import Ignore", "except TaskPredicate:"),
    ],
)
def test_two_signals_at_once(imports: str, clause: str) -> None:
    text = (
        f"from celery import shared_task\n{imports}\n\n\n@shared_task(bind=True)\ndef work(self, url):\n"
        f"    try:\n        if gone(url):\n            raise Ignore()\n        self.retry()\n"
        "    except Exception:\n        report(url)\n"
    )
    assert clause in fixed(text, "CEL303").replace("    ", "").splitlines()


_LAYOUTS = [
    ("f()", "f(a=1, b=2)"),
    ("f( )", "f(a=1, b=2)"),
    ("f(x)", "f(x, a=1, b=2)"),
    ("f(x,)", "f(x, a=1, b=2)"),
    ("f(x, **y)", "f(x, a=1, b=2, **y)"),
    ("f(*x)", "f(*x, a=1, b=2)"),
    ("(f)((x))", "(f)((x), a=1, b=2)"),
    ("f(x, (y for y in z))", "f(x, (y for y in z), a=1, b=2)"),
    ("f(x,\n  y)", "f(x,\n  y, a=1, b=2)"),
    ("f(\n  x,\n  y\n)", "f(\n  x,\n  y,\n  a=1,\n  b=2\n)"),
    ("f(\n  x,\n  y,\n)", "f(\n  x,\n  y,\n  a=1,\n  b=2,\n)"),
    ("f(\n  x,  # why\n)", "f(\n  x,  # why\n  a=1,\n  b=2,\n)"),
    ("f(\n  x  # why\n)", "f(\n  x,  # why\n  a=1,\n  b=2\n)"),
    ("f(\n  x,\n  **y,  # why\n)", "f(\n  x,\n  a=1,\n  b=2,\n  **y,  # why\n)"),
    ("f(\n  # none\n)", "f(a=1, b=2\n  # none\n)"),
    (f"f({'x' * 80})", f"f(\n    {'x' * 80},\n    a=1,\n    b=2,\n)"),
    (f"f({'x' * 80}, **y)", f"f(\n    {'x' * 80},\n    a=1,\n    b=2,\n    **y,\n)"),
]


@pytest.mark.parametrize(("before", "after"), _LAYOUTS, ids=lambda text: text.replace("\n", "|"))
def test_arguments_are_added_in_the_layout_of_the_call(before: str, after: str, tmp_path: Path) -> None:
    data = f"{before}\n".encode()
    text = Text(decode("a.py", data), open_project(tmp_path, use_cache=False))
    edit = text.add_argument(text.nodes(cst.Call)[0], "a=1", "b=2")
    assert apply("a.py", data, [edit]).decode() == f"{after}\n"
    compile(after, "a.py", "exec")


def test_a_bare_generator_takes_no_argument(tmp_path: Path) -> None:
    text = Text(decode("a.py", b"f(y for y in z)\n"), open_project(tmp_path, use_cache=False))
    with pytest.raises(ValueError, match="generator"):
        text.add_argument(text.nodes(cst.Call)[0], "a=1")
