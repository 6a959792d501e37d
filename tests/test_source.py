"""Bytes to text to tree, the prefilter, and `# noqa` as flake8 itself understands it."""

from __future__ import annotations

import argparse
import ast
import contextlib
import gc
import linecache
import subprocess
import sys
import tempfile
import tokenize
from pathlib import Path

import pytest
from flake8.checker import FileChecker
from flake8.plugins.finder import Checkers
from flake8.style_guide import StyleGuideManager
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flake8_celery.source import (
    DEEPEST,
    SourceError,
    Suppressions,
    concerns_celery,
    concerns_transactions,
    decode,
    parse,
    read,
)

# --- bytes to text ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        (b"x = 1\n", "x = 1\n", "utf-8"),
        (b"", "", "utf-8"),
        ("é = 'ü'\n".encode(), "é = 'ü'\n", "utf-8"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "# -*- coding: latin-1 -*-\nx = 'é'\n", "iso-8859-1"),
        (b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n'\x80'", None, "cp1252"),
        (b"\n# coding: koi8-r\n'\xc1'\n", "\n# coding: koi8-r\n'а'\n", "koi8-r"),  # noqa: RUF001
        (b"# one\r# coding: latin-1\r'\xe9'\r", "# one\r# coding: latin-1\r'é'\r", "iso-8859-1"),
        (b"x = 1\n\n# coding: ascii\n'\xc3\xa9'\n", "x = 1\n\n# coding: ascii\n'é'\n", "utf-8"),
    ],
)
def test_text_is_decoded_as_python_does(data: bytes, text: str | None, encoding: str) -> None:
    source = decode("a.py", data)
    assert source.encoding == encoding
    assert text is None or source.text == text
    assert source.text.encode(encoding) == data == source.data


def test_bom_is_noted_and_left_out_of_the_text() -> None:
    source = decode("a.py", b"\xef\xbb\xbfx = 1\n")
    assert (source.bom, source.text, source.encoding) == (True, "x = 1\n", "utf-8")
    assert not decode("a.py", b"x = 1\n").bom


@pytest.mark.parametrize(
    ("data", "newline"),
    [(b"a\nb\r\n", "\n"), (b"a\r\nb\n", "\r\n"), (b"a\rb\n", "\r"), (b"a", "\n"), (b"\r\r\n", "\r")],
)
def test_newline_is_that_of_the_first_line(data: bytes, newline: str) -> None:
    assert decode("a.py", data).newline == newline


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"x = 1\ny = '\0'\n", 2, "NUL bytes"),
        (b"x = 1\r\rx = '\0'\n", 3, "NUL bytes"),
        (b"x = 1\ny = 2\nz = '\xff'\n", 3, "cannot decode: utf-8: invalid start byte"),
        (b"\xef\xbb\xbfx = 1\r\ny = 2\r\n\r\n'\xff'\n", 4, "cannot decode"),
        (b"# coding: no-such-codec\n", 1, "cannot decode: unknown encoding: no-such-codec"),
        (b"\xef\xbb\xbf# coding: latin-1\n", 1, "cannot decode"),
        (b"# coding: hex\nx\n", 1, "cannot decode"),
        (b"# coding: undefined\nx\n", 1, "cannot decode"),
        (b"# coding: ascii\nx = 1\n'\xc3\xa9'\n", 3, "cannot decode"),
    ],
)
def test_text_that_cannot_be_decoded(data: bytes, line: int, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        decode("a.py", data)
    assert (caught.value.path, caught.value.line) == ("a.py", line)
    assert caught.value.message.startswith(message)
    assert str(caught.value) == f"a.py:{line}: {caught.value.message}"


_COOKIES = st.sampled_from(
    [
        "utf-8",
        "utf8",
        "latin-1",
        "ascii",
        "cp1252",
        "utf-16",
        "utf-32",
        "utf-7",
        "hex",
        "rot13",
        "zlib",
        "idna",
        "punycode",
        "undefined",
        "unicode_escape",
        "cp037",
        "x",
    ]
)


@given(st.binary() | st.builds(lambda c, d: b"# coding: " + c.encode() + b"\n" + d, _COOKIES, st.binary()))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_decode_raises_nothing_but_source_errors(data: bytes) -> None:
    try:
        source = decode("a.py", data)
    except SourceError as error:
        assert 1 <= error.line <= 1 + data.count(b"\n") + data.count(b"\r")  # noqa: PT017
    else:
        assert source.data == data
        assert (
            not source.text.startswith("\ufeff") or data.startswith(b"\xef\xbb\xbf" * 2) or source.encoding != "utf-8"
        )


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")), st.booleans())
def test_text_round_trips(text: str, bom: bool) -> None:
    data = (b"\xef\xbb\xbf" if bom else b"") + text.encode()
    try:
        source = decode("a.py", data)
    except SourceError:  # the text happens to name an encoding
        return
    if source.encoding == "utf-8":
        assert (b"\xef\xbb\xbf" if source.bom else b"") + source.text.encode() == data


def test_read(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"x\r\n")
    assert read(tmp_path / "a.py") == b"x\r\n"
    for path in (tmp_path, tmp_path / "gone.py", tmp_path / "a\0.py"):
        with pytest.raises(SourceError, match="cannot read: "):
            read(path)


# --- text to tree -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data", [b"", b"x = 1", b"\xef\xbb\xbfx = 1\r\n", b"def f():\r\n\tpass\r\n", b"# coding: latin-1\n'\xe9'"]
)
def test_tree_gives_the_text_back(data: bytes) -> None:
    source = decode("a.py", data)
    assert parse(source).code == source.text


def test_libcst_is_imported_only_to_parse() -> None:
    code = (
        "import sys, flake8_celery.source as source\n"
        "source.concerns_celery(b'celery')\n"
        "source.decode('a', b'x')\n"
        "source.Suppressions('x').suppressed(1, 'CEL1')\n"
        "assert not {'libcst', 'flake8'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("data", [b"x = 1\n", b"x = (\n"])
def test_collection_of_garbage_is_left_as_it_was(enabled: bool, data: bytes) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        with contextlib.suppress(SourceError):
            parse(decode("a.py", data))
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()


def test_syntax_error_names_the_line() -> None:
    with pytest.raises(SourceError) as caught:
        parse(decode("a.py", b"x = 1\ny = 2\nclass = 3\n"))
    assert (caught.value.line, caught.value.message) == (3, "syntax error")


_DEEP = {
    "parentheses": lambda n: "(" * n + ")" * n,
    "open": lambda n: "(" * n,
    "unary": lambda n: "-" * n + "x",
    "spaced unary": lambda n: "~ " * n + "x",
    "not": lambda n: "not " * n + "x",
    "lambda": lambda n: "lambda: " * n + "x",
    "choice": lambda n: "x if x else " * n + "x",
    "and": lambda n: "(x" + "\n and x" * n + ")",
    "or": lambda n: "x" + " or x" * n,
    "sum": lambda n: "(x" + "\n+ x" * n + ")",
    "attribute": lambda n: "x" + ".a" * n,
    "call": lambda n: "x" + "()" * n,
    "elif": lambda n: "if x: pass\n" + "elif x: pass\n" * n,
    "calls": lambda n: "f(" * n + ")" * n,
    "list": lambda n: "[" * n + "]" * n,
    "power": lambda n: "x" + " ** x" * n,
}


@pytest.mark.parametrize("shape", _DEEP)
def test_deep_nesting_is_an_error_and_no_crash(shape: str) -> None:
    """The native parser would end the whole process: this runs in one of its own."""
    text = _DEEP[shape](30_000)
    code = (
        "import sys; from flake8_celery.source import *\n"
        "sys.setrecursionlimit(20_000)\n"
        "try: parse(decode('a.py', sys.stdin.buffer.read()))\n"
        "except SourceError as error: print(error.message)\n"
        "assert sys.getrecursionlimit() == 20_000"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], input=text, capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() in ("nested too deeply", "syntax error")


def test_what_is_long_is_not_deep() -> None:
    statements = "if x and not y:\n    pass\nelse:\n    f = lambda: -1 + 2\n" * (DEEPEST + 1)
    table = "TABLE = [" + "-1, " * 5000 + "]\n"
    for text in (statements, table, "x = '" + "-" * 20_000 + "(' # " + "(" * 300 + "\n"):
        assert parse(decode("a.py", text.encode())).code == text


# --- the prefilter ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "from celery import Celery",
        "import celery",
        "from djcelery import models",
        "from .celery import app",
        "import kombu",
        "CELERY_BROKER_URL = 'x'",
        "app.conf.beat_schedule = {}",
        "    add.delay(1)",
        "    add.  delay (1)",
        "    (add.\n      delay)(1)",
        "    add. \\\n delay(1)",
        "add.delay_on_commit()",
        "on_commit(add.delay)",
        "add.apply_async()",
        "f = apply_async",
        "getattr(task, 'apply_async')()",
        "patch('proj.add.delay', other.delay)",
        "app.send_task('x')",
        "crontab(hour=1)",
        "@shared_task",
        "@app.task(bind=True)",
        "@ app . task",
        "@periodic_Task",
        "@my_TASK(",
        "@house['x'](1).retrying_task",
        "class Pay(BaseTask):",
        "class Pay[T](Mixin, base.Task[T]):",
        "(a.s(1) | b.si(2))()",
        "def view(tasks: BackgroundTasks): ...",
        "sender.add_periodic_task(1)",
        "app.register_task(Pay())",
        "from redbeat import RedBeatSchedulerEntry",
        "from shop.tasks import ship",
        "    from .tasks.orders import ship",
        "from shop import models, tasks",
        "import shop.tasks as t",
    ],
)
def test_concerns_celery(line: str) -> None:
    assert concerns_celery(line.encode())
    assert concerns_celery(b"import os\n\n" + line.encode() + b"\n# the end\n")
    assert concerns_celery(b"# comment\r" + line.replace("\n", "\r").encode() + b"\rx = 1\r")
    assert concerns_celery(f"x = 1  # see {line}".encode()) or "class" in line


@pytest.mark.parametrize(
    "text",
    [
        "",
        "import os",
        "# celery is not used here\nimport os",
        "    # @app.task",
        "task = 1\ndelay = 2",
        "time.sleep(delay)",
        "retry(delays=1).delayed()",
        "@tasks.register\ndef f(): ...",
        "@patch('proj.send')\ndef test_task(): ...",
        "class Task:\n    def delays(self): ...",
        "class TaskForm(Form): task = 1",
        "email@example.com\ntask",
        "with patch('proj.pay.delay') as pay, patch(\"proj.pay.apply_async\"): ...",
        "x.size()",
        "from shop import subtasks",
        "from shop.mytasks import ship",
        "tasks = 1",
        "import tasks_of",
    ],
)
def test_does_not_concern_celery(text: str) -> None:
    assert not concerns_celery(text.encode())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("with transaction.atomic():", True),
        ("from django.db.transaction import atomic", True),
        ("@method_decorator(transaction.atomic)", True),
        ("DATABASES['default']['ATOMIC_REQUESTS'] = True", True),
        ("with session.begin() as s:", True),
        ("async with session.begin_nested():", True),
        ("@receiver(post_save, sender=Order)", True),
        ("m2m_changed.connect(f)", True),
        ("config.include('pyramid_tm')", True),
        ("@view_config(route_name='pay')", True),
        ("from cornice.resource import view", True),
        ("", False),
        ("atomically(x)", False),
        ("self.beginning()", False),
        ("form.fast_save(); x.save()", False),
    ],
)
def test_concerns_transactions(text: str, expected: bool) -> None:
    assert concerns_transactions(text.encode()) is expected


_LINES = st.lists(
    st.sampled_from(
        [
            "from celery import x",
            "# celery",
            "x.delay()",
            "  @task",
            "# @task",
            "task",
            "'",
            '"""',
            "x = 1 \\",
            "(",
            "class A(Task",
            "é",
            "",
            "x.",
            "  # x.",
            "delay",
        ]
    )
).flatmap(lambda lines: st.sampled_from(["\n", "\r\n", "\r"]).map(lambda end: (end.join(lines) + end).encode()))


@given(_LINES, _LINES)
def test_concern_is_monotone(one: bytes, other: bytes) -> None:
    """More lines never make a file concern Celery less."""
    if concerns_celery(one):
        assert concerns_celery(one + b"\n" + other)
        assert concerns_celery(other + b"\n" + one)


@given(st.binary())
def test_any_bytes_can_be_judged(data: bytes) -> None:
    assert concerns_celery(data) in (True, False)


# --- noqa -------------------------------------------------------------------------------------------------------------

_OPTIONS = argparse.Namespace(
    disable_noqa=False,
    select=["CEL", "E"],
    extend_select=[],
    ignore=[],
    extend_ignore=[],
    extended_default_select=[],
    extended_default_ignore=[],
    per_file_ignores="",
    hang_closing=False,
    indent_size=4,
    max_line_length=79,
    max_doc_length=None,
    verbose=0,
    stdin_display_name="stdin",
)


class _Formatter:
    def handle(self, error: object) -> None:
        pass


def _flake8_suppresses(folder: Path, data: bytes, code: str) -> dict[int, bool]:
    """By line, whether flake8's own style guide drops a violation of that code."""
    path = folder / "case.py"
    path.write_bytes(data)
    linecache.clearcache()
    checker = FileChecker(filename=str(path), plugins=Checkers([], [], []), options=_OPTIONS)
    assert checker.processor is not None
    lines = range(len(checker.processor.lines) + 3)
    if not checker.should_process:
        return dict.fromkeys(lines, True)
    guide = StyleGuideManager(_OPTIONS, _Formatter())
    found = {}
    for line in lines:
        checker.report(code, line, 0, "text")
        _, _, column, text, physical = checker.results[-1]
        found[line] = guide.handle_error(code, str(path), line, column, text, physical) == 0
    return found


_NOQA = [
    "# noqa",
    "#noqa",
    "# NoQA",
    "# noqa: CEL401",
    "# noqa:CEL401,E501",
    "# noqa: E501",
    "# noqa: E501 CEL4",
    "# noqa: E501, CEL401",
    "# noqa : CEL401",
    "# noqa: cel401",
    "# noqa:  CEL401",
    "# noqa because: CEL1",
    "# noqa:",
    "# noqa: CEL",
    "# see # noqa: E1 and # noqa",
    "# flake8: noqa",
    "# flake8: noqa: CEL401",
    "# flake8: noqa: E501",
    "# FLAKE8=NOQA",
    "# flake8: noqa because",
    "# type: ignore",
]
_CODE = [
    "x = 1",
    "x = (1,{}\n    2)",
    "x = [{}\n]",
    'x = """one{}\ntwo"""',
    'x = f"""{{y}}{}\n{{z}}"""',
    "x = 1 + \\\n    2",
    "if x:\n    pass{}\nelse:\n    y = 2",
    "def f(\n    a,{}\n):\n    return a",
    "@d{}\nclass A: pass",
    "",
    "\f",
    "    # indented",
    "x = '{}'",
    "x = 'a\\\nb'",
    "x = '\\'' '#' + \\\n    ''",
    '# it\'s """',
    "x = '''a\n  It's \"quoted\".{}\n\\'''''''b\n'''",
    "x = f'{{y[\"a\"]}}' \\\n  '{}'",
    'f"""{{x}}{}\n{{y["a"]}} \'\n"""',
    "x; y",
    "é = 'ü'",
]
_BROKEN = ["x = (", '"""', "  x", "x = '", "\\", "}", "def", "$", "\x1a"]


@st.composite
def _files(draw: st.DrawFn) -> bytes:
    comments = st.sampled_from(["", "", *_NOQA])
    parts = []
    for statement in draw(st.lists(st.sampled_from(_CODE + _BROKEN[: draw(st.sampled_from([0, 0, 9]))]), max_size=6)):
        inner, after = draw(comments), draw(comments)
        text = statement.replace("{}", "  " + inner) if "{{" not in statement else statement.format("  " + inner)
        parts.append(text + ("  " if text else "") + after)
    newline = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    text = "\n".join(parts) + draw(st.sampled_from(["\n", ""]))
    return draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"])) + text.replace("\n", newline).encode()


@given(_files(), st.sampled_from(["CEL401", "E501", "CEL402"]))
@settings(max_examples=400, deadline=None)
@example(b"", "E501")
@example(b"# noqa", "E501")
@example(b"\xef\xbb\xbf# flake8: noqa\nx = (\n", "CEL401")
@example(b'x = """# noqa: CEL401\n"""\n', "CEL401")
@example(b"x = (  # noqa:\nCEL401)\n", "CEL401")
@example(b"x = (  # noqa\n", "CEL401")
@example(b"x = 1  # noqa\x0cy\x0b\xc2\x85\n", "CEL401")
@example(b"\n\n\n# noqa\n\n", "CEL401")
def test_suppressions_are_those_of_flake8(data: bytes, code: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        expected = _flake8_suppresses(Path(folder), data, code)
    suppressions = Suppressions(decode("case.py", data).text)
    assert {line: suppressions.suppressed(line, code) for line in expected} == expected


def test_lines_joined_by_a_string_or_a_backslash_are_one_and_those_in_brackets_are_not() -> None:
    text = 'x = """\n"""  # noqa: CEL401\ny = 1 + \\\n    2  # noqa: CEL401\nz = (\n    1\n)  # noqa: CEL401\n'
    suppressions = Suppressions(text)
    assert [n for n in range(1, 9) if suppressions.suppressed(n, "CEL401")] == [1, 2, 3, 4, 7]
    assert not any(suppressions.suppressed(n, "CEL402") for n in range(1, 9))


def test_a_line_by_itself_needs_no_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokenize, "generate_tokens", None)
    text = 'def f():\n    """It\'s\n    noqa\n    """\n    x = 1  # noqa: CEL401\n    y = f"{x}" + """\n"""\n'
    suppressions = Suppressions(text)
    assert [suppressions.suppressed(line, "CEL401") for line in (1, 5, 6, 7, 8)] == [False, True, False, False, False]


def test_files_other_than_python_go_by_the_physical_line() -> None:
    suppressions = Suppressions('services:\n  "a: 1  # noqa\n  b: 2\n')
    assert [suppressions.suppressed(line, "CEL701") for line in range(5)] == [False, False, True, False, False]


def test_flake8_agrees_when_it_runs_as_a_whole(tmp_path: Path) -> None:
    text = "import os  # noqa: F401\nimport re  # noqa\nimport (\nimport json\n".replace(
        "import (\n", "from sys import (\n    path,\n    argv,  # noqa: F4\n)\n"
    )
    (tmp_path / "case.py").write_text(text, "utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "flake8", "--isolated", "--select=F401", "--format=%(row)d", "case.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    suppressions = Suppressions(text)
    unused = {node.lineno for node in ast.parse(text).body}
    assert {int(row) for row in run.stdout.split()} == {
        line for line in unused if not suppressions.suppressed(line, "F401")
    }
