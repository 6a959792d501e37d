"""`# noqa` comments: where they are put, that they change nothing else, and that they do what they are for."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flake8_celery.cli import main
from flake8_celery.deploy import read_deployment
from flake8_celery.noqa import (
    CANNOT,
    IN_STRING,
    UNSPLIT,
    DeploymentSuppressions,
    annotate,
    annotate_deployment,
    comments,
    silence,
)
from flake8_celery.source import Suppressions

# --- in Python


@pytest.mark.parametrize(
    ("before", "line", "after"),
    [
        ("f()\n", 1, "f()  # noqa: CEL401\n"),
        ("f()", 1, "f()  # noqa: CEL401"),
        ("f() \t\n", 1, "f()  # noqa: CEL401\n"),
        ("f()  # type: ignore\n", 1, "f()  # type: ignore  # noqa: CEL401\n"),
        ("f()  # noqa: E501\n", 1, "f()  # noqa: E501, CEL401\n"),
        ("f()  # noqa:E501\n", 1, "f()  # noqa:E501, CEL401\n"),
        ("f()  # NoQA: E501,W291\n", 1, "f()  # NoQA: E501,W291,CEL401\n"),
        ("f()  # noqa: E501, W291\n", 1, "f()  # noqa: E501, W291, CEL401\n"),
        ("f()  # noqa: E501 the URL is long\n", 1, "f()  # noqa: E501, CEL401 the URL is long\n"),
        ("f()  # noqa: E501  # long\n", 1, "f()  # noqa: E501, CEL401  # long\n"),
        ("f(\n    1,\n)\n", 2, "f(\n    1,  # noqa: CEL401\n)\n"),
        ("f(\n    1,\n)\n", 1, "f(  # noqa: CEL401\n    1,\n)\n"),
        ("x = 1 + \\\n    f()\n", 1, "x = 1 + \\\n    f()  # noqa: CEL401\n"),
        ('f("""\n# text\n""", 1)\n', 2, 'f("""\n# text\n""", 1)  # noqa: CEL401\n'),
        ('f("""\n""" "#", (\n))\n', 1, 'f("""\n""" "#", (  # noqa: CEL401\n))\n'),
        ("if x: f()\nelse: g()\n", 2, "if x: f()\nelse: g()  # noqa: CEL401\n"),
        ("f()\r\ng()\r\n", 1, "f()  # noqa: CEL401\r\ng()\r\n"),
        ("f()\rg()\r", 2, "f()\rg()  # noqa: CEL401\r"),
        ("f();  \x0c\n", 1, "f();  # noqa: CEL401\n"),
    ],
)
def test_where_a_comment_is_put(before: str, line: int, after: str) -> None:
    assert annotate(before, [(line, "CEL401")]) == (after, [])
    assert Suppressions(after).suppressed(line, "CEL401")


def test_several_findings_of_a_statement_share_a_comment() -> None:
    text = 'f("""\n""", 1)\ng()\n'
    found = [(3, "CEL208"), (2, "CEL402"), (1, "CEL401"), (1, "CEL401")]
    assert annotate(text, found, "for now") == (
        'f("""\n""", 1)  # noqa: CEL401, CEL402  # for now\ng()  # noqa: CEL208  # for now\n',
        [],
    )


def test_a_reason_stands_behind_what_is_there() -> None:
    text = "f()  # noqa: E501 long\n"
    assert annotate(text, [(1, "CEL401")], "for now")[0] == "f()  # noqa: E501, CEL401 long  # for now\n"


def test_words_of_a_reason_are_no_codes() -> None:
    text, _ = annotate("f()\n", [(1, "CEL401")], "CEL402 too, see JIRA123")
    assert not Suppressions(text).suppressed(1, "CEL402")


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ('f("# noqa: E501")\n', 1, IN_STRING),
        ('f("""\n# noqa: E501\n""")\n', 3, IN_STRING),
        ("f()\n", 7, CANNOT),
        ("f(\n", 1, UNSPLIT),
    ],
)
def test_what_cannot_have_a_comment_is_told(text: str, line: int, reason: str) -> None:
    assert annotate(text, [(line, "CEL401")]) == (text, [(line, "CEL401", reason)])
    assert silence(text, line, "CEL401") is None


def test_what_cannot_have_a_comment_does_not_hinder_the_others() -> None:
    text = 'f()\ng("# noqa: E1")\nh()  # noqa: E1\n'
    found = [(1, "CEL401"), (2, "CEL402"), (3, "CEL403"), (9, "CEL404")]
    assert annotate(text, found) == (
        'f()  # noqa: CEL401\ng("# noqa: E1")\nh()  # noqa: E1, CEL403\n',
        [(2, "CEL402", IN_STRING), (9, "CEL404", CANNOT)],
    )


@pytest.mark.skipif(sys.version_info < (3, 12), reason="there, such a string is one token")
def test_no_comment_is_put_within_a_string() -> None:
    text = 'x = f"""{\n    g()\n}"""\n'
    assert annotate(text, [(1, "CEL401")]) == (text, [(1, "CEL401", CANNOT)])


PIECES = [
    "f()",
    "f()  # a comment",
    "f()  # noqa: E501",
    "f()  # noqa",
    "f()  # noqa: E501,W291 because",
    'x = "# noqa: E1"',
    'x = """\n  text\n""" + g()',
    'x = """\n# noqa: E1\n"""',
    "f(\n    1,\n    # alone\n    g(2),\n)",
    "x = 1 + \\\n    2",
    "if x:\n    f()\n    if y: g()\nelif z:\n\tpass",
    "@f\nclass A:\n    '''doc\n    string'''\n    def m(self): return 1; x = 2",
    "x = [1,\n  2]; y = '''\n'''",
    "",
    "# alone",
    "x = f'{y}'",
    "x = f'''{y\n}'''",
    "x = '\\\n'",
    "größe = 'ä'",
    "\x0cx = 1",
]


@st.composite
def programs(draw: st.DrawFn) -> tuple[str, list[tuple[int, str]]]:
    end = draw(st.sampled_from(["\n", "\r\n"]))
    text = "\n".join(draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=8))) + draw(
        st.sampled_from(["", "\n"])
    )
    lines = st.integers(1, text.count("\n") + 1)
    found = draw(st.lists(st.tuples(lines, st.sampled_from(["CEL208", "CEL401", "CEL402"])), max_size=8))
    return text.replace("\n", end), found


@settings(deadline=None)
@given(programs(), st.sampled_from(["", "for now", "CEL999"]))
@example(('x = """\n# noqa: E1\n"""\nf()', [(2, "CEL401"), (4, "CEL402")]), "")
def test_only_comments_differ_and_they_do_what_they_are_for(
    program: tuple[str, list[tuple[int, str]]], reason: str
) -> None:
    text, found = program
    found = [each for each in found if not Suppressions(text).suppressed(*each)]
    changed, left = annotate(text, found, reason)
    assert ast.dump(ast.parse(changed)) == ast.dump(ast.parse(text))
    silenced = [each for each in found if each not in [(line, code) for line, code, _ in left]]
    suppressions = Suppressions(changed)
    assert all(suppressions.suppressed(*each) for each in silenced)
    assert (changed == text) == (not silenced)
    assert changed.count("\n") == text.count("\n")
    assert changed.count("\r") == text.count("\r")
    assert annotate(changed, [each for each in silenced if not suppressions.suppressed(*each)], reason)[0] == changed
    pairs = zip(text.split("\n"), changed.split("\n"), strict=True)
    assert all(new.startswith(old.split("#")[0].rstrip()) for old, new in pairs)


@settings(deadline=None)
@given(programs())
def test_comments_are_those_that_flake8_heeds(program: tuple[str, list[tuple[int, str]]]) -> None:
    text, found = program
    text, _ = annotate(text, found)
    suppressions = Suppressions(text)
    lines = text.replace("\r\n", "\n").split("\n")
    known = comments(text)
    for comment in known:
        assert lines[comment.line - 1][comment.column :].startswith("# noqa")
        for code, column in comment.codes:
            assert lines[comment.line - 1][column:].startswith(code)
            assert all(suppressions.suppressed(n, code) for n in range(comment.first, comment.last + 1))
    for line in range(1, len(lines) + 1):
        if suppressions.suppressed(line, "CEL401") and not suppressions.suppressed(line, "X"):
            assert any(c.first <= line <= c.last and "CEL401" in dict(c.codes) for c in known)


# --- in deployment files

COMPOSE = """\
services:
  one:
    command: celery -A shop worker -B
  two:
    command: >
      celery -A shop
      worker -B
  three:
    command: ["celery", "-A", "shop",
      "worker", "-B"]
"""


def test_a_comment_above_is_put_where_it_means_nothing_else() -> None:
    found = [(3, "CEL703"), (6, "CEL703"), (9, "CEL703"), (9, "CEL704")]
    changed, left = annotate_deployment("compose.yaml", COMPOSE, found, "for now")
    assert left == []
    assert changed == (
        "services:\n  one:\n    # noqa: CEL703  # for now\n    command: celery -A shop worker -B\n"
        "  two:\n    # noqa: CEL703  # for now\n    command: >\n      celery -A shop\n      worker -B\n"
        "  three:\n    # noqa: CEL703, CEL704  # for now\n"
        '    command: ["celery", "-A", "shop",\n      "worker", "-B"]\n'
    )
    assert len(read_deployment("compose.yaml", changed).commands) == 3


@pytest.mark.parametrize(
    ("path", "before", "line", "after"),
    [
        ("Procfile", "worker: celery -A s worker\n", 1, "# noqa: CEL703\nworker: celery -A s worker\n"),
        ("Procfile", "\ufeffw: celery -A s worker", 1, "\ufeff# noqa: CEL703\nw: celery -A s worker"),
        (
            "Dockerfile",
            "FROM a\r\nCMD celery \\\r\n  -A s worker\r\n",
            3,
            "FROM a\r\n# noqa: CEL703\r\nCMD celery \\\r\n  -A s worker\r\n",
        ),
        (
            "w.service",
            "[Service]\nExecStart=/bin/celery -A s worker\n",
            2,
            "[Service]\n# noqa: CEL703\nExecStart=/bin/celery -A s worker\n",
        ),
        ("run.sh", "#!/bin/sh\n  celery -A s worker\n", 2, "#!/bin/sh\n  # noqa: CEL703\n  celery -A s worker\n"),
        ("Makefile", "run:\n\tcelery -A s worker\n", 2, "run:\n# noqa: CEL703\n\tcelery -A s worker\n"),
        ("requirements.txt", "django-celery==3.1\n", 1, "# noqa: CEL703\ndjango-celery==3.1\n"),
        (
            "run.sh",
            "# workers\n# noqa: CEL805\ncelery -A s worker\n",
            3,
            "# workers\n# noqa: CEL805, CEL703\ncelery -A s worker\n",
        ),
        ("run.sh", "celery -A s worker  # noqa: CEL1 x\r\n", 1, "celery -A s worker  # noqa: CEL1, CEL703 x\r\n"),
    ],
)
def test_the_comment_in_other_files(path: str, before: str, line: int, after: str) -> None:
    assert annotate_deployment(path, before, [(line, "CEL703")]) == (after, [])
    moved = line + after.count("\n") - before.count("\n")
    assert DeploymentSuppressions(after, yaml=False).suppressed(moved, "CEL703")
    assert not DeploymentSuppressions(after, yaml=False).suppressed(moved, "CEL702")


def test_nothing_is_put_where_it_would_be_part_of_a_command() -> None:
    text = "services:\n  one: {{ x }}\n  two:\n    command: |\n      echo\n      celery -A s worker -B\n"
    changed, left = annotate_deployment("compose.yaml", text, [(6, "CEL703"), (99, "CEL703")])
    assert read_deployment("compose.yaml", changed).commands[0].argv == (
        read_deployment("compose.yaml", text).commands[0].argv
    )
    assert (99, "CEL703", CANNOT) in left


@pytest.mark.parametrize(
    ("text", "line", "silent"),
    [
        ("a: celery  # noqa: CEL703\n", 1, True),
        ("a: celery  # noqa\n", 1, True),
        ("# noqa: CEL7\na: celery\n", 2, True),
        ("# noqa: CEL703\n\na: celery\n", 3, False),
        ("# noqa: CEL703\nb: 1\na: celery\n", 3, False),
        ("a: celery\n# noqa: CEL703\n", 1, False),
        ("a: >  # noqa: CEL703\n  celery\n", 2, True),
        ("a: >\n  celery\n  # noqa: CEL703\n", 2, False),
        ("a: 1\n# flake8: noqa\nb: celery\n", 3, True),
        ("a: [\n", 1, False),
        ("a: [  # noqa: CEL703\n", 1, True),
    ],
)
def test_where_a_comment_counts(text: str, line: int, silent: bool) -> None:
    assert DeploymentSuppressions(text, yaml=True).suppressed(line, "CEL703") is silent


@settings(deadline=None)
@given(st.text("#noqa: CEL703\\\n|>-'\"{}a\r\t"), st.integers(-1, 9))
def test_whatever_the_text(text: str, line: int) -> None:
    DeploymentSuppressions(text, yaml=True).suppressed(line, "CEL703")
    changed, left = annotate_deployment("compose.yaml", text, [(line, "CEL703")])
    assert (changed == text) == bool(left)


# --- the command

HEAD = "from celery import shared_task\n\n\n"
TASK = "@shared_task\ndef greet(name):\n    print(name)\n"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FLAKE8_CELERY_CACHE_DIR", str(tmp_path / "cache"))
    root = tmp_path / "project"
    (root / "shop").mkdir(parents=True)
    (root / "pyproject.toml").write_text("[tool.flake8-celery]\nselect = ['CEL208', 'CEL703']\n", "utf-8")
    (root / "shop" / "__init__.py").write_text("", "utf-8")
    (root / "shop" / "celery.py").write_text("from celery import Celery\n\napp = Celery('shop')\n", "utf-8")
    (root / "shop" / "tasks.py").write_text(HEAD + TASK, "utf-8")
    (root / "compose.yaml").write_text(
        "services:\n  one:\n    command: celery -A shop beat\n  two:\n    command: celery -A shop beat\n", "utf-8"
    )
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_every_finding_has_its_comment_and_every_linter_reads_it(run: Run, folder: Path) -> None:
    assert run("check", "--add-noqa", "old, see #12") == (0, "Added `# noqa` for 2 findings in 2 files\n", "")
    assert (folder / "shop" / "tasks.py").read_text("utf-8") == HEAD + TASK.rstrip("\n") + (
        "  # noqa: CEL208  # old, see #12\n"
    )
    assert "    # noqa: CEL703  # old, see #12\n    command: celery -A shop beat\n" in (
        (folder / "compose.yaml").read_text("utf-8")
    )
    assert run("check")[0] == 0
    assert run("check", "--add-noqa", "again") == (0, "Added `# noqa` for 0 findings in 0 files\n", "")
    done = subprocess.run([sys.executable, "-m", "flake8", "--select=CEL"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select=ALL", "--ignore=D,ANN,T20,INP"]
    done = subprocess.run(
        [*ruff, "--config=lint.external=['CEL']", "shop/tasks.py"], capture_output=True, text=True, check=False
    )
    assert "noqa" not in done.stderr
    assert "noqa" not in done.stdout
    done = subprocess.run([*ruff, "shop/tasks.py"], capture_output=True, text=True, check=False)
    assert "Invalid rule code in `# noqa`: CEL208" in done.stdout  # it did read the code


def test_encoding_line_ends_mark_and_mode_stay(run: Run, folder: Path) -> None:
    path = folder / "shop" / "tasks.py"
    head = "# coding: latin-1\n# ä\n"
    path.write_bytes((head + HEAD + TASK).replace("\n", "\r\n").encode("latin-1"))
    path.chmod(0o755)
    assert run("check", "--add-noqa", "für jetzt", "shop/tasks.py")[0] == 0
    assert path.read_bytes() == (
        (head + HEAD + TASK).replace("print(name)", "print(name)  # noqa: CEL208  # für jetzt").replace("\n", "\r\n")
    ).encode("latin-1")
    assert path.stat().st_mode & 0o777 == 0o755
    path.write_bytes(b"\xef\xbb\xbf" + (HEAD + TASK).encode())
    run("check", "--add-noqa")
    assert path.read_bytes() == b"\xef\xbb\xbf" + (HEAD + TASK).rstrip("\n").encode() + b"  # noqa: CEL208\n"


def test_a_reason_that_the_encoding_lacks_leaves_the_file_alone(run: Run, folder: Path) -> None:
    path = folder / "shop" / "tasks.py"
    path.write_bytes(b"# coding: latin-1\n" + (HEAD + TASK).encode())
    before = path.read_bytes()
    code, out, err = run("check", "--add-noqa", "\N{SNOWMAN}", "shop/tasks.py")
    assert code == 2
    assert "shop/tasks.py:1: not written: the reason cannot be written in iso-8859-1\n" in err
    assert path.read_bytes() == before
    assert out == "Added `# noqa` for 1 finding in 1 file\n"  # in compose.yaml


def test_what_is_left_is_told(run: Run, folder: Path) -> None:
    path = folder / "shop" / "tasks.py"
    path.write_text(HEAD + '@shared_task\ndef greet(name):\n    print("# noqa: E1")\n', "utf-8")
    code, out, err = run("check", "--add-noqa", "--select", "CEL208")
    assert (code, out) == (1, "Added `# noqa` for 0 findings in 0 files\n")
    assert err == f"shop/tasks.py:6: no `# noqa` for CEL208: {IN_STRING}\n"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everything")
def test_a_read_only_file_stays(run: Run, folder: Path) -> None:
    path = folder / "shop" / "tasks.py"
    path.chmod(0o444)
    code, _, err = run("check", "--add-noqa", "--select", "CEL208")
    assert code == 2
    assert "shop/tasks.py:1: not written: " in err
    assert path.read_text("utf-8") == HEAD + TASK


def test_a_file_that_changes_meanwhile_stays(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flake8_celery import noqa

    path = folder / "shop" / "tasks.py"

    def late(*arguments: object) -> tuple[str, list[tuple[int, str, str]]]:
        path.write_text("# mine\n", "utf-8")
        return annotate(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(noqa, "annotate", late)
    code, _, err = run("check", "--add-noqa", "--select", "CEL208")
    assert code == 2
    assert err == "shop/tasks.py:1: not written: it was changed meanwhile; run the command again\n"
    assert path.read_text("utf-8") == "# mine\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--add-noqa", "shop"], "--add-noqa: shop is a path, not a reason; name the paths before this option"),
        (["--add-noqa", "on two\nlines"], "--add-noqa: the reason must be a single line"),
        (["-", "--add-noqa"], "--add-noqa needs files: it does not go with standard input"),
        (["--add-noqa", "--diff"], "--add-noqa does not go with --diff"),
    ],
)
def test_wrong_usage(run: Run, folder: Path, arguments: list[str], message: str) -> None:
    assert run("check", *arguments) == (2, "", f"flake8-celery: error: {message}\n")
    assert (folder / "shop" / "tasks.py").read_text("utf-8") == HEAD + TASK
