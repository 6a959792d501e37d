"""What a task has printed is logged in the same words, by the logger that the module has."""

from __future__ import annotations

import contextlib
import io
import logging
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_fixes import repaired

_VALUES: dict[str, Any] = {"a": 7, "b": "x % y", "c": {"k": "%s"}, "d": 2.5, "e": (1, 2), "f": None}
_HEAD = "import sys\nfrom celery import shared_task\n\n\n@shared_task\ndef task(a, b, c, d, e, f):\n"


def fixed(text: str) -> str:
    with TemporaryDirectory() as folder:
        after, outcomes = repaired(Path(folder), {"tasks.py": text}, "CEL208")
        assert not [failure for outcome in outcomes for failure in outcome.failures]
        again, _ = repaired(Path(folder), after, "CEL208")
    assert again == after
    return after["tasks.py"]


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def said(text: str) -> str:
    """What the body of the task prints and logs."""
    logger, kept, out = logging.getLogger("test_fix_printing"), _Kept(), io.StringIO()
    logger.handlers, logger.propagate = [kept], False
    logger.setLevel(logging.DEBUG)
    names: dict[str, Any] = {"logger": logger}
    exec(text[text.index("def task") :], names)
    with contextlib.redirect_stdout(out):
        names["task"](**_VALUES)
    return (out.getvalue() + "".join(f"{line}\n" for line in kept.lines)).strip("\n")


_NAMES = st.sampled_from(sorted(_VALUES))
_TEXTS = st.text(st.sampled_from("ab %{}:\\'\"\té"), max_size=8)
_LITERALS = st.one_of(_TEXTS.map(repr), _TEXTS.map(lambda t: f"{t!r} 'and ' \"more\""), _TEXTS.map(lambda t: f"u{t!r}"))
_FIELDS = st.one_of(
    _NAMES.map(lambda n: f"{{{n}}}"),
    _NAMES.map(lambda n: f"{{{n}!r}}"),
    st.sampled_from(["{a:03d}", "{d:.1f}", "{a:>9}", "{a!r:>4}", "{d=}", "{{}}", "{c['k']}", "{a, d}", "{(b)}", "%d"]),
)
_F_STRINGS = st.lists(st.one_of(_FIELDS, st.sampled_from(["is ", "100% ", "\\n", "'"])), max_size=5).map(
    lambda parts: 'f"' + "".join(parts) + '"'
)
_OTHERS = st.sampled_from(
    [
        "'%s and %d' % (b, a)", "'%s' % b", "'%r %%' % (e,)", "'%s %s' % e", "'%(k)s' % c", "'{} {x!r}'.format(a, x=b)",
        "'{0} {1} {0}'.format(a, b)", "'{1} {0}'.format(a, b)", "'{a.real}'.format(a=a)", "'{{{}}}'.format(b)",
        "'x ' + str(a) + f' {b} ' + b", "b + b", "'-' * 9", "a if f else b", "(a)", "[a, b]", "e", "c",
        "max(\n        a,\n        3,\n    )", "r'a\\n%s'", "'''three\n  lines %s'''", "b'%d'",
        "(\n        'a'\n        f'{b}'\n    )",
    ]
)  # fmt: skip
_ARGUMENTS = st.one_of(_NAMES, _LITERALS, _F_STRINGS, _OTHERS)
_ENDS = st.sampled_from(["", ", sep=', '", ", flush=True", ", sep='', end='\\n'"])
_CALLS = st.builds(
    lambda arguments, end: f"print({', '.join(arguments)}{end})", st.lists(_ARGUMENTS, min_size=1, max_size=4), _ENDS
)


@given(_CALLS)
@settings(max_examples=60, deadline=None)
def test_same_words_are_logged(call: str) -> None:
    before = f"{_HEAD}    {call}\n"
    try:
        expected = said(before)
    except (TypeError, ValueError, KeyError):
        return  # it has never printed anything
    assert said(fixed(before)) == expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ('print("plain 100%")', 'logger.info("plain 100%")'),
        ('print("\\n== start ==\\n")', 'logger.info("== start ==")'),
        ('print("a\\\\n")', 'logger.info("a\\\\n")'),
        ('print("%s of %s" % (a, b))', 'logger.info("%s of %s", a, b)'),
        ('print("{} of {}".format(a, b))', 'logger.info("%s of %s", a, b)'),
        ('print("total: " + str(a))', 'logger.info("total: %s", a)'),
        ('print("total", a, "done", sep=" - ")', 'logger.info("total - %s - done", a)'),
        ('print("failed", file=sys.stderr)', 'logger.warning("failed")'),
        ('sys.stdout.write(f"{a} rows\\n")', 'logger.info("%s rows", a)'),
        ('print(f"{a}")  # progress', 'logger.info("%s", a)  # progress'),
    ],
)
def test_statement(statement: str, expected: str) -> None:
    assert fixed(f"{_HEAD}    {statement}\n").endswith(f"    {expected}\n")


@pytest.mark.parametrize(
    "statement",
    [
        "print(*e)",
        "print(a, end='')",
        "x = print(a)",
        "print(a,  # the first\n          b)",
        "sys.stdout.write('half a line')",
        "sys.stdout.write(b)",
        "print(a, sep=b)",
        "a and print(b)",
    ],
)
def test_left_alone(statement: str) -> None:
    text = f"{_HEAD}    {statement}\n"
    assert fixed(text) == text


def test_level_where_an_exception_is_handled() -> None:
    body = "    try:\n        f()\n    except OSError as error:\n        print(f'failed: {error}')\n"
    assert "        logger.warning('failed: %s', error)\n" in fixed(_HEAD + body)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("LOG = logging.getLogger('shop')\n", "LOG"),
        ("logger = logging.getLogger(__name__)\n_task_log = get_task_logger(__name__)\n", "_task_log"),
    ],
)
def test_logger_of_the_module(line: str, name: str) -> None:
    head = f"import logging\nfrom celery import shared_task\nfrom celery.utils.log import get_task_logger\n{line}"
    text = f"{head}\n\n@shared_task\ndef task(a):\n    print(a)\n    print('done')\n"
    assert fixed(text) == text.replace("print(a)", f'{name}.info("%s", a)'.replace('"', "'")).replace(
        "print('", f"{name}.info('"
    )


@pytest.mark.parametrize(
    "before",
    [
        "from celery import shared_task\n\n\n@shared_task\ndef task(logger):\n    print(logger)\n",
        "from celery import shared_task\nfrom loguru import logger\n\n\n@shared_task\ndef task(a):\n    print(a)\n",
        "import structlog\nfrom celery import shared_task\n\n\n@shared_task\ndef task(a):\n    print(a)\n",
        "from celery import shared_task\nfrom shop.models import *\n\n\n@shared_task\ndef task(a):\n    print(a)\n",
    ],
)
def test_name_that_is_taken(before: str) -> None:
    assert fixed(before) == before


def test_one_new_logger_for_all_and_no_import_left_over() -> None:
    before = (
        '"""Tasks."""\r\n\r\nimport sys\r\n\r\nfrom celery import shared_task\r\n\r\nQUEUE = "slow"\r\n\r\n\r\n'
        "@shared_task(queue=QUEUE)\r\ndef task(a):\r\n\tprint(a); print(a, file=sys.stderr)\r\n"
        "\tif a: print('none', file=sys.stderr)\r\n"
    )
    assert fixed(before) == (
        '"""Tasks."""\r\n\r\nfrom celery import shared_task\r\nfrom celery.utils.log import get_task_logger\r\n\r\n'
        'logger = get_task_logger(__name__)\r\n\r\nQUEUE = "slow"\r\n\r\n\r\n'
        '@shared_task(queue=QUEUE)\r\ndef task(a):\r\n\tlogger.info("%s", a); logger.warning("%s", a)\r\n'
        "\tif a: logger.warning('none')\r\n"
    )
