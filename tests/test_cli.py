"""The command line: what it prints, where, and its exit codes."""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flake8_celery import __version__
from flake8_celery.baseline import render
from flake8_celery.cli import main
from flake8_celery.commands import progress
from flake8_celery.rule import codes, load

TASKS = """\
from celery import shared_task


@shared_task
def greet(name):
    print(f"hello {name}")
"""

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose one finding is CEL208 in line 6 of shop/tasks.py, and the current folder."""
    monkeypatch.setenv("FLAKE8_CELERY_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    root = tmp_path / "project"
    (root / "shop").mkdir(parents=True)
    (root / "pyproject.toml").write_text("[tool.flake8-celery]\nselect = ['CEL208']\n", "utf-8")
    (root / "shop" / "__init__.py").write_text("", "utf-8")
    (root / "shop" / "tasks.py").write_text(TASKS, "utf-8")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main(arguments)
        except SystemExit as error:
            code = int(error.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return call


def stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))


# --- check ------------------------------------------------------------------------------------------------------------


def test_findings_in_a_pipe_are_concise(run: Run) -> None:
    code, out, err = run("check")
    first, *last = out.splitlines()
    assert first.startswith("shop/tasks.py:6:5: CEL208 ")
    assert last == [
        "Found 1 finding in 1 file (1 warning)",
        "[*] up to 1 can be repaired with `--fix`; `--diff` shows how",
    ]
    assert (code, err) == (1, "")


def test_clean(run: Run) -> None:
    assert run("check", "--ignore", "CEL208") == (0, "No findings in 2 Python files\n", "")


def test_exit_zero(run: Run) -> None:
    code, out, _ = run("check", "--exit-zero")
    assert code == 0
    assert "CEL208" in out


def test_a_named_file_that_is_neither_python_nor_deployment_is_passed_over(run: Run, folder: Path) -> None:
    (folder / "mkdocs.yml").write_text("site_name: [celery\n", "utf-8")
    (folder / "notes.txt").write_text("import celery: see shared_task\n", "utf-8")
    assert run("check", "mkdocs.yml", "notes.txt") == (0, "No findings in 0 Python files\n", "")
    (folder / "script").write_text(TASKS, "utf-8")
    assert run("check", "script")[1].startswith("script:6:5: CEL208 ")


def test_a_file_named_twice_is_reported_once(run: Run, folder: Path) -> None:
    _, out, _ = run("check", ".", "shop", "shop/tasks.py", "./shop/../shop/tasks.py", str(folder / "shop" / "tasks.py"))
    assert out.count("CEL208") == 1


def test_paths_are_relative_below_the_current_folder_only(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("check", str(folder))[1].startswith("shop/tasks.py:6:")
    monkeypatch.chdir(folder / "shop")
    assert run("check", "..")[1].startswith("tasks.py:6:")
    (folder / "docs").mkdir()
    monkeypatch.chdir(folder / "docs")
    assert run("check", "..")[1].startswith("../shop/tasks.py:6:")


def test_full_shows_code_reason_and_remedy(run: Run) -> None:
    code, out, _ = run("check", "--output-format", "full")
    assert code == 1
    assert out.startswith("CEL208 print-in-task (warning): ")
    assert "\n --> shop/tasks.py:6:5\n" in out
    assert '\n6 |     print(f"hello {name}")\n  |     ^^^^^^^^^^^^^^^^^^^^^^\n' in out
    rule = load("CEL208")
    assert f"= why: {rule.summary}\n" in out
    assert f"= fix: {rule.how}\n" in out
    assert "\x1b" not in out
    assert "\nFound 1 finding in 1 file (1 warning)\n" in out
    assert out.endswith("\n`flake8-celery rule CEL208` explains a rule, with examples of bad and good code.\n")


def test_full_tells_the_reason_once(run: Run, folder: Path) -> None:
    (folder / "shop" / "tasks.py").write_text(TASKS + "    print(1)\n", "utf-8")
    (folder / "shop" / "jobs.py").write_text(TASKS, "utf-8")
    _, out, _ = run("check", "--output-format", "full")
    assert (out.count("-->"), out.count("= why:"), out.count("= fix:")) == (3, 1, 1)


def test_json_has_the_shape_of_ruffs(run: Run, folder: Path) -> None:
    code, out, _ = run("check", "--output-format", "json")
    assert code == 1
    (found,) = json.loads(out)
    assert found.pop("message")
    rule = load("CEL208")
    fix = found.pop("fix")
    assert (fix["applicability"], fix["filename"]) == (rule.fix, found["filename"])
    assert fix["edits"][0]["location"]["row"] == 6
    assert found == {
        "code": "CEL208",
        "name": "print-in-task",
        "severity": "warning",
        "filename": str(folder / "shop" / "tasks.py"),
        "location": {"row": 6, "column": 5},
        "end_location": {"row": 6, "column": 27},
        "url": rule.url,
        "noqa_row": 6,
        "summary": rule.summary,
        "how_to_fix": rule.how,
        "cure": None,
    }


def test_json_of_nothing_is_an_empty_list(run: Run) -> None:
    assert run("check", "--output-format", "json", "--ignore", "CEL2")[:2] == (0, "[]\n")


def test_statistics(run: Run, folder: Path) -> None:
    (folder / "shop" / "jobs.py").write_text(TASKS, "utf-8")
    assert run("check", "--statistics")[:2] == (1, "2  CEL208  print-in-task\n")
    code, out, _ = run("check", "--statistics", "--output-format", "json")
    assert code == 1
    assert json.loads(out) == [{"code": "CEL208", "name": "print-in-task", "severity": "warning", "count": 2}]


def test_show_settings(run: Run, folder: Path) -> None:
    (folder / "pyproject.toml").write_text(
        "[tool.flake8-celery]\nselect = ['CEL2']\nignore = ['CEL202']\nexclude = ['old/']\nextra-apps = ['a.b']\n"
        "celery-app-path = 'shop/celery.py'\n",
        "utf-8",
    )
    (folder / "flake8-celery-baseline.json").write_text(render({}), "utf-8")
    arguments = ["--ignore", "CEL201", "--extend-select", "CEL9", "--exclude", "new/", "--extra-apps", "c.d,e.f"]
    code, out, err = run("check", "--show-settings", *arguments)
    assert (code, err) == (0, "")
    *lines, rules = out.splitlines()
    assert lines == [
        f"project = {folder}",
        "select = CEL2  (pyproject.toml)",
        "extend-select = CEL9  (--extend-select)",
        "ignore = CEL202, CEL201  (pyproject.toml, --ignore)",
        "exclude = old/, new/  (pyproject.toml, --exclude)",
        f"baseline = {folder / 'flake8-celery-baseline.json'}  (default)",
        "task-decorators =  (default)",
        "celery-app-path = shop/celery.py  (pyproject.toml)",
        "idempotent-tasks =  (default)",
        "extra-apps = c.d, e.f  (--extra-apps)",
        "default-queue-tasks =  (default)",
        "banned-decorators =  (default)",
        "plain-text-hosts =  (default)",
    ]
    assert "CEL208" in rules
    assert "CEL917" in rules
    assert "CEL201" not in rules
    assert "baseline =  (--no-baseline)" in run("check", "--show-settings", "--no-baseline")[1]
    assert "ignore =  (default)" in run("check", "--show-settings", "--select", "CEL9")[1]


COMPOSE = """\
services:
  one:
    image: shop
    command: celery -A shop beat
  two:
    image: shop
    command: celery -A shop beat
"""


@pytest.mark.parametrize("paths", [[], ["shop/tasks.py"], ["docker-compose.yml"]])
def test_deployment_files_of_the_project_are_reported_at_their_lines(run: Run, folder: Path, paths: list[str]) -> None:
    (folder / "docker-compose.yml").write_text(COMPOSE, "utf-8")
    (folder / "shop" / "celery.py").write_text("from celery import Celery\n\napp = Celery('shop')\n", "utf-8")
    code, out, err = run("check", "--select", "CEL703", *paths)
    assert (code, err) == (1, "")
    first, second, *_ = out.splitlines()
    assert first.startswith("docker-compose.yml:7:14: CEL703 ")
    assert second == "Found 1 finding in 1 file (1 error)"


def test_a_project_around_the_folders_is_asked_about_what_lies_there_only(run: Run, folder: Path) -> None:
    (folder / "docker-compose.yml").write_text(COMPOSE, "utf-8")
    (folder / "part").mkdir()
    (folder / "part" / "pyproject.toml").write_text("", "utf-8")
    (folder / "part" / "tasks.py").write_text(TASKS, "utf-8")
    (folder / "deploy").mkdir()
    (folder / "shop" / "celery.py").write_text("from celery import Celery\n\napp = Celery('shop')\n", "utf-8")
    assert run("check", "--select", "CEL703", "part", "deploy")[1] == "No findings in 1 Python file\n"
    (folder / "docker-compose.yml").rename(folder / "deploy" / "docker-compose.yml")
    assert run("check", "--select", "CEL703", "deploy")[1].startswith("deploy/docker-compose.yml:7:14: CEL703 ")


# --- selection --------------------------------------------------------------------------------------------------------

POLICY = (
    "import asyncio\n\nfrom celery import shared_task\n\n\n@shared_task\ndef f():\n    asyncio.run(g())\n    print(1)\n"
)


@pytest.mark.parametrize(
    ("config", "arguments", "expected"),
    [
        ("", [], {"CEL208"}),
        ("", ["--select", "CEL9"], {"CEL917"}),
        ("", ["--select", "CEL"], {"CEL208"}),
        ("", ["--extend-select", "CEL917"], {"CEL208", "CEL917"}),
        ("", ["--extend-select", "cel9", "--ignore", "CEL2,CEL3"], {"CEL917"}),
        ("extend-select = ['CEL9']", [], {"CEL208", "CEL917"}),
        ("extend-select = ['CEL9']", ["--select", "CEL2"], {"CEL208"}),
        ("select = ['CEL917']", ["--extend-select", "CEL208"], {"CEL208", "CEL917"}),
        ("ignore = ['CEL208']", [], set()),
        ("ignore = ['CEL208']", ["--extend-select", "CEL208"], {"CEL208"}),
        ("ignore = ['CEL2']\nextend-select = ['CEL208']", [], {"CEL208"}),
        ("select = ['CEL2']\nignore = ['CEL208']", ["--select", "CEL208"], {"CEL208"}),
    ],
)
def test_selection(run: Run, folder: Path, config: str, arguments: list[str], expected: set[str]) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.flake8-celery]\n{config}\n", "utf-8")
    (folder / "shop" / "tasks.py").write_text(POLICY, "utf-8")
    _, out, _ = run("check", "--output-format", "json", *arguments)
    assert {found["code"] for found in json.loads(out)} & {"CEL208", "CEL917"} == expected


def test_each_project_has_its_own_settings(run: Run, folder: Path) -> None:
    other = folder / "other"
    other.mkdir()
    (other / "pyproject.toml").write_text("[tool.flake8-celery]\nignore = ['CEL208']\n", "utf-8")
    (other / "tasks.py").write_text(TASKS, "utf-8")
    _, out, _ = run("check", "shop", "other", "--output-format", "json")
    assert [Path(found["filename"]).parent.name for found in json.loads(out)] == ["shop"]


def test_exclude(run: Run, folder: Path) -> None:
    (folder / "old").mkdir()
    (folder / "old" / "tasks.py").write_text(TASKS, "utf-8")
    assert run("check")[1].count("CEL208") == 2
    assert run("check", "--exclude", "old/,nothing/")[1].count("CEL208") == 1
    (folder / "pyproject.toml").write_text("[tool.flake8-celery]\nexclude = ['old']\n", "utf-8")
    assert run("check", "--select", "CEL208")[1].count("CEL208") == 1


def test_noqa(run: Run, folder: Path) -> None:
    path = folder / "shop" / "tasks.py"
    path.write_text(TASKS.rstrip("\n") + "  # noqa: CEL208\n", "utf-8")
    assert run("check")[0] == 0


# --- standard input ---------------------------------------------------------------------------------------------------


def test_stdin(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, TASKS.encode())
    code, out, _ = run("check", "-")
    assert code == 1
    assert out.startswith("-:6:5: CEL208 ")


def test_stdin_with_a_name_stands_for_that_file(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, b"\n\n" + TASKS.encode())
    _, out, _ = run("check", "-", "--stdin-filename", "shop/tasks.py", "--output-format", "full")
    assert "--> shop/tasks.py:8:5\n" in out
    assert "8 |     print(" in out


def test_stdin_need_not_exist_on_disk(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, TASKS.encode())
    assert run("check", "-", "--stdin-filename", "shop/new.py")[1].startswith("shop/new.py:6:5: CEL208 ")


# --- files that cannot be read ----------------------------------------------------------------------------------------


def test_bad_files_are_named_and_the_others_are_linted(run: Run, folder: Path) -> None:
    (folder / "shop" / "broken.py").write_text("from celery import shared_task\ndef f(:\n", "utf-8")
    (folder / "shop" / "latin.py").write_bytes(b"from celery import shared_task\n# \xff\n")
    (folder / "shop" / "nul.py").write_bytes(b"from celery import shared_task\n\n\0\n")
    code, out, err = run("check")
    assert code == 1
    assert out.count("CEL208") == 1
    broken, latin, nul = err.splitlines()
    assert broken.startswith("shop/broken.py:2: ")
    assert latin.startswith("shop/latin.py:2: ")
    assert nul.startswith("shop/nul.py:3: ")


def test_bad_files_alone_are_no_findings(run: Run, folder: Path) -> None:
    (folder / "shop" / "tasks.py").write_text("from celery import shared_task\ndef f(:\n", "utf-8")
    code, _, err = run("check")
    assert code == 0
    assert err.startswith("shop/tasks.py:2: ")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file(run: Run, folder: Path) -> None:
    (folder / "shop" / "secret.py").write_text(TASKS, "utf-8")
    (folder / "shop" / "secret.py").chmod(0)
    code, _, err = run("check")
    assert code == 1
    assert err.startswith("shop/secret.py:1: ")


def test_broken_yaml_is_named(run: Run, folder: Path) -> None:
    (folder / "docker-compose.yml").write_text("services:\n  worker: [celery\n", "utf-8")
    code, _, err = run("check")
    assert code == 1
    assert err.startswith("docker-compose.yml:")


def test_loop_of_links(run: Run, folder: Path) -> None:
    (folder / "shop" / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "shop" / "self.py").symlink_to("self.py")
    assert run("check")[1].count("CEL208") == 1


def test_large_file(run: Run, folder: Path) -> None:
    data = "import celery\nx = [\n" + f"    '{'some text ' * 1000}',\n" * 500 + "]\n"
    assert len(data) > 5_000_000
    (folder / "shop" / "data.py").write_text(data, "utf-8")
    assert run("check")[0] == 1


def test_one_internal_error_in_many_files_is_told_once(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flake8_celery.lint import Linter

    def fail(*_: object) -> object:
        raise ZeroDivisionError("oh no")

    (folder / "shop" / "__init__.py").write_text("import celery\n", "utf-8")
    (folder / "shop" / "more.py").write_text("import celery\n", "utf-8")
    files = len(list(folder.rglob("*.py")))
    monkeypatch.setattr(Linter, "lint_file", fail)
    code, out, err = run("check")
    assert code == 2
    assert out.endswith(f"No findings in 0 Python files; {files} files could not be checked\n")
    assert [line for line in err.splitlines() if "internal error" in line] == [err.strip()]
    assert err.strip().endswith(f", and so in {files - 1} more files")


def test_an_internal_error_in_one_file_hides_nothing(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flake8_celery.lint import Linter

    (folder / "shop" / "__init__.py").write_text("import celery\n", "utf-8")
    lint_file = Linter.lint_file

    def fail(self: Linter, path: Path, *rest: object) -> object:
        if path.name == "__init__.py":
            raise ZeroDivisionError("oh no")
        return lint_file(self, path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Linter, "lint_file", fail)
    code, out, err = run("check")
    assert code == 2
    assert "CEL208" in out
    assert err.startswith(
        "shop/__init__.py:1: internal error, please report it: ZeroDivisionError: oh no (test_cli.py:"
    )


def test_a_mistake_in_a_repair_hides_no_finding(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from flake8_celery.lint import Linter

    def fail(*_: object) -> object:
        raise ZeroDivisionError("oh no")

    monkeypatch.setattr(Linter, "repairs", fail)
    code, out, err = run("check", "--output-format", "json")
    assert code == 1
    (found,) = json.loads(out)
    assert (found["code"], found["fix"]) == ("CEL208", None)
    assert err.startswith("shop/tasks.py:1: internal error, please report it: ZeroDivisionError: oh no (test_cli.py:")


# --- wrong usage ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "nowhere"], "nowhere: no such file or folder"),
        (
            ["check", "--select", "CEL20,CLE208"],
            "--select: no rule's code begins with `CLE208`, did you mean `CEL208`?",
        ),
        (["check", "--extend-select", "X1"], "--extend-select: no rule's code begins with `X1`"),
        (["check", "--ignore", "E501"], "--ignore: no rule's code begins with `E501`"),
        (["check", "-", "shop"], "`-` stands alone"),
        (["check", "--stdin-filename", "a.py"], "--stdin-filename goes with the path `-`"),
        (["check", "--output-file", "shop"], "--output-file: shop is a folder"),
        (["check", "--output-file", "nowhere/a.txt"], "--output-file: nowhere/a.txt: "),
        (["check", "--output-format", "xml"], "invalid choice: 'xml'"),
        (["check", "--nonsense"], "unrecognized arguments: --nonsense"),
        (["rule", "CEL000"], "no rule `CEL000`"),
        (["rule", "print-in-tsak"], "no rule `print-in-tsak`, did you mean `print-in-task`?"),
        (["rule"], "one of the arguments CODE --all is required"),
        (["rule", "CEL208", "--all"], "not allowed with argument"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_wrong_usage(run: Run, arguments: list[str], message: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert message in err


def test_broken_configuration(run: Run, folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[tool.flake8-celery]\nselct = []\n", "utf-8")
    code, out, err = run("check")
    assert (code, out) == (2, "")
    assert err == (
        f"flake8-celery: error: {folder / 'pyproject.toml'}: "
        "`tool.flake8-celery`: unknown key `selct`, did you mean `select`?\n"
    )


# --- output file ------------------------------------------------------------------------------------------------------


def test_output_file(run: Run, folder: Path) -> None:
    code, out, _ = run("check", "--output-file", "report.txt", "--color", "always")
    assert (code, out) == (1, "")
    assert (folder / "report.txt").read_text("utf-8").startswith("shop/tasks.py:6:5: CEL208 ")
    assert not list(folder.glob("*.tmp"))


def test_output_file_through_a_link_and_into_a_device(run: Run, folder: Path) -> None:
    (folder / "real.json").write_text("old", "utf-8")
    (folder / "link.json").symlink_to("real.json")
    assert run("check", "--output-format", "json", "--output-file", "link.json")[0] == 1
    assert (folder / "link.json").is_symlink()
    assert json.loads((folder / "real.json").read_text("utf-8"))
    assert run("check", "--output-file", os.devnull)[0] == 1
    assert not Path(os.devnull).is_file()


# --- rule -------------------------------------------------------------------------------------------------------------


def test_rule_in_a_pipe_is_the_page(run: Run) -> None:
    code, out, _ = run("rule", "CEL208")
    assert code == 0
    assert out.startswith("# print-in-task (CEL208)\n\nWarning, since 0.1.0.\n\n")
    assert "## How to fix" in out
    assert run("rule", "print-in-task")[1] == out
    assert run("rule", "cel208")[1] == out


def test_opt_in_rules_say_so(run: Run) -> None:
    assert "\n\nAdvice, since 0.1.0, off unless selected.\n\n" in run("rule", "CEL917")[1]


def test_rule_as_json(run: Run) -> None:
    item = json.loads(run("rule", "CEL208", "--output-format", "json")[1])
    assert item["code"] == "CEL208"
    assert item["explanation"].startswith("# print-in-task (CEL208)\n")
    items = json.loads(run("rule", "--all", "--output-format", "json")[1])
    assert [i["code"] for i in items] == codes()
    assert item in items


def test_all_rules(run: Run) -> None:
    code, out, _ = run("rule", "--all")
    assert code == 0
    assert all(f"({code})\n" in out for code in codes())


def test_rules_on_a_terminal_are_rendered(run: Run) -> None:
    out = run("rule", "CEL208", "--color", "always")[1]
    assert "print-in-task (CEL208)" in out
    assert "## How to fix" not in out
    assert "\x1b[" in out


# --- processes --------------------------------------------------------------------------------------------------------

COMMAND = [sys.executable, "-m", "flake8_celery"]


def test_version_imports_no_engine(folder: Path) -> None:
    script = (
        "import sys\nfrom flake8_celery.cli import main\n"
        "for arguments in (['--version'], ['rule', 'CEL208']):\n"
        "    try:\n        main(arguments)\n"
        "    except SystemExit:\n        pass\n"
        "print([m for m in ('libcst', 'rich', 'yaml', 'flake8_celery.lint') if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"flake8-celery {__version__}\n")
    assert done.stdout.endswith("\n[]\n")


def test_a_project_without_celery_is_linted_without_libcst(folder: Path) -> None:
    (folder / "shop" / "tasks.py").write_text("print('no queue here')\n", "utf-8")
    script = (
        "import sys\nfrom flake8_celery.cli import main\ncode = main(['check'])\nprint(code, 'libcst' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["No findings in 2 Python files", "0 False"]


def test_a_second_run_parses_nothing(folder: Path) -> None:
    # a module without a word of Celery, which only the rules ask for
    (folder / "shop" / "names.py").write_text("def full(name):\n    return name\n", "utf-8")
    (folder / "shop" / "tasks.py").write_text(
        TASKS.replace("\n\n\n@", "\n\nfrom shop.names import full\n\n\n@", 1).replace("hello", "{full(name)}"), "utf-8"
    )
    script = "import sys\nfrom flake8_celery.cli import main\nmain(['check'])\nprint('libcst' in sys.modules)\n"
    outputs = [
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.splitlines()
        for _ in range(2)
    ]
    assert [lines.pop() for lines in outputs] == ["True", "False"]
    assert outputs[0] == outputs[1]
    assert "CEL208" in outputs[0][0]


def test_broken_pipe_is_quiet(folder: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as pipe:
        done = subprocess.run([*COMMAND, "check"], stdout=pipe, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")


def heed_interrupts() -> None:
    """What a shell starts in the background, these tests perhaps, begins with SIGINT ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_interrupt_is_quiet(folder: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "check", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=heed_interrupts,  # noqa: PLW1509
    ) as process:
        wait_until_reading(process.pid)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, b"", b"")


def wait_until_reading(pid: int) -> None:
    """Wait until the process has imported what it needs and sleeps in a read of its standard input."""
    syscall = Path(f"/proc/{pid}/wchan")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if syscall.exists() and "pipe" in syscall.read_text("ascii"):
            return
        time.sleep(0.02)
    pytest.skip("cannot see what the process waits for")


def terminal(*arguments: str, columns: int = 80, env: dict[str, str] | None = None) -> str:
    """What the command prints on a terminal (there is no progress bar: that goes to standard error)."""
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", **(env or {})}
    environment.pop("COLUMNS", None)
    with subprocess.Popen(
        [*COMMAND, *arguments], stdin=child, stdout=child, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        os.close(child)
        chunks = []
        while True:
            try:
                chunk = os.read(parent, 65536)
            except OSError:  # the other end is closed
                break
            if not chunk:
                break
            chunks.append(chunk)
    os.close(parent)
    assert process.returncode in (0, 1)
    return b"".join(chunks).decode("utf-8").replace("\r\n", "\n")


def test_a_terminal_gets_colours_links_and_lines_that_fit(folder: Path) -> None:
    out = terminal("check")
    assert f"\x1b]8;;{load('CEL208').url}\x1b\\" in out
    assert "\x1b[1;33mCEL208\x1b[0m" in out
    bare = re.sub("\x1b\\[[0-9;]*m|\x1b\\]8;;[^\x1b]*\x1b\\\\", "", out)
    assert "= why: " in bare
    assert max(map(len, bare.splitlines())) <= 80
    assert "\x1b" not in bare


def test_no_color(folder: Path) -> None:
    assert "\x1b" not in terminal("check", env={"NO_COLOR": "1"})
    assert "\x1b" not in terminal("check", "--color", "never")
    assert "\x1b" not in terminal("check", env={"TERM": "dumb"})


def test_the_bar_is_told_how_much_of_the_project_is_read(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    monkeypatch.setattr(progress.Progress, "read", lambda _, count, total: told.append((count, total)))
    assert run("check")[0] == 1
    assert told == [(0, 2), (2, 2)]


def test_colour_in_a_pipe(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1;33mCEL208\x1b[0m" in run("check")[1]
    assert "\x1b" not in run("check", "--color", "never")[1]
    assert "\x1b" not in run("check", "--output-format", "json")[1]
    assert "\x1b]8;" not in run("check")[1]  # a link is for terminals
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run("check")[1]


def test_long_lines_are_cut_around_the_mark(folder: Path) -> None:
    long = "x" * 200
    (folder / "shop" / "tasks.py").write_text(TASKS.replace("print(", f"{long} = 1; print("), "utf-8")
    out = terminal("check", env={"NO_COLOR": "1"})
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    (code,) = [number for number, line in enumerate(lines) if line.startswith("6 | …")]
    start = lines[code].index("print(")
    assert lines[code + 1][:start].strip() == "|"
    assert lines[code + 1][start] == "^"


def test_a_line_of_code_cannot_command_the_terminal(folder: Path) -> None:
    (folder / "shop" / "tasks.py").write_text(TASKS.replace("hello", "\x1b[2Jhello\u202e"), "utf-8")
    out = terminal("check", env={"NO_COLOR": "1"})
    assert "\x1b" not in out
    assert "\u202e" not in out


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_long_work_on_a_terminal_shows_a_bar_and_takes_it_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0)
    monkeypatch.setattr(progress, "_PAUSE", 0)
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    before = threading.active_count()
    with progress.Progress(stream) as bar:
        bar.total = 3
        bar.read(50, 120)
        assert "Reading" in stream.getvalue()
        assert "50/120" in stream.getvalue()
        bar.advance()
        assert "Checking" in stream.getvalue()
        assert "1/3" in stream.getvalue()
        assert threading.active_count() <= before
    assert stream.getvalue().endswith("\x1b[2K")  # the line is empty again


def test_short_work_shows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with progress.Progress(stream) as bar:
        bar.read(50, 120)
        bar.advance()
    assert stream.getvalue() == ""


def test_no_bar_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0)
    stream = io.StringIO()
    with progress.Progress(stream) as bar:
        bar.advance()
    assert stream.getvalue() == ""
