"""The plugin inside real flake8 processes."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from flake8.main.cli import main

from flake8_celery.plugin import Plugin

TASKS = """\
from celery import shared_task


@shared_task
def greet(name):
    print(f"hello {name}")
"""

POLICY = """\
import asyncio

from celery import shared_task


@shared_task
def greet(name):
    print(name)
    asyncio.run(send(name))


async def send(name):
    return name
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "shop").mkdir(parents=True)
    (root / ".flake8").write_text("[flake8]\n", "utf-8")
    (root / "pyproject.toml").write_text("", "utf-8")
    (root / "shop" / "__init__.py").write_text("", "utf-8")
    (root / "shop" / "tasks.py").write_text(TASKS, "utf-8")
    return root


def start(folder: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "FLAKE8_CELERY_CACHE_DIR": str(folder.parent / "cache")}
    done = subprocess.run(
        [sys.executable, "-m", "flake8", *arguments],
        cwd=folder,
        env=environment,
        input=stdin,
        capture_output=True,
        check=False,
        timeout=120,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode().replace("\r\n", "\n"), done.stderr.decode()
    )


def flake8(folder: Path, *arguments: str, stdin: bytes = b"") -> list[str]:
    """The lines that flake8 prints; nothing may stand on its standard error."""
    done = start(folder, *arguments, stdin=stdin)
    assert done.stderr == ""
    assert done.returncode == (1 if done.stdout else 0)
    return done.stdout.splitlines()


def found(lines: list[str], *codes: str) -> set[tuple[str, str]]:
    """(path:line:column, code) of those lines that report one of `codes`."""
    pairs = [(where, rest.split()[0]) for where, rest in (line.split(": ", 1) for line in lines)]
    return {pair for pair in pairs if pair[1] in codes}


GREET = {("./shop/tasks.py:6:5", "CEL208")}


@pytest.mark.parametrize(("given", "jobs"), [(["-j1"], 1), (["-j3"], 3), (["-j0"], 1), (["-jauto"], None), ([], None)])
def test_the_engine_knows_how_many_processes_flake8_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: list[str], jobs: int | None
) -> None:
    monkeypatch.chdir(tmp_path)
    main(["--isolated", *given, "."])
    assert Plugin._jobs() == jobs


@pytest.mark.parametrize("jobs", ["-j1", "-j2"])
def test_findings(folder: Path, jobs: str) -> None:
    for number in range(8):
        (folder / "shop" / f"jobs{number}.py").write_text(TASKS, "utf-8")
    lines = flake8(folder, jobs)
    expected = {(f"./shop/jobs{number}.py:6:5", "CEL208") for number in range(8)} | GREET
    assert found(lines, "CEL208") == expected
    assert found(lines, "CEL000") == set()
    assert len(lines) == len(set(lines))


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_other_start_methods(folder: Path, method: str) -> None:
    (folder / "shop" / "jobs.py").write_text(TASKS, "utf-8")
    script = folder.parent / "start.py"
    script.write_text(
        "import multiprocessing, sys\nfrom flake8.main.cli import main\n"
        f"if __name__ == '__main__':\n    multiprocessing.set_start_method('{method}')\n"
        "    sys.exit(main(['-j2', '--celery-task-decorators=x.y']))\n",
        "utf-8",
    )
    environment = {**os.environ, "FLAKE8_CELERY_CACHE_DIR": str(folder.parent / "cache")}
    done = subprocess.run(
        [sys.executable, script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert found(done.stdout.splitlines(), "CEL208") == {*GREET, ("./shop/jobs.py:6:5", "CEL208")}


@pytest.mark.parametrize("name", ["shop/tasks.py", "./shop/tasks.py", "shop/../shop/tasks.py"])
def test_paths_are_shown_as_typed(folder: Path, name: str) -> None:
    assert found(flake8(folder, name), "CEL208") == {(f"{name}:6:5", "CEL208")}


def test_absolute_path(folder: Path) -> None:
    name = str(folder / "shop" / "tasks.py")
    assert found(flake8(folder, name), "CEL208") == {(f"{name}:6:5", "CEL208")}


# --- standard input ---------------------------------------------------------------------------------------------------


def test_stdin(folder: Path) -> None:
    assert found(flake8(folder, "-", stdin=TASKS.encode()), "CEL208") == {("stdin:6:5", "CEL208")}


def test_stdin_stands_for_the_file_it_is_named_after(folder: Path) -> None:
    lines = flake8(folder, "--stdin-display-name", "shop/tasks.py", "-", stdin=b"\n" + TASKS.encode())
    assert found(lines, "CEL208") == {("shop/tasks.py:7:5", "CEL208")}


def test_stdin_is_decoded_as_flake8_does(folder: Path) -> None:
    text = "# coding: latin-1\r\n# \u00e9\r\n" + TASKS.replace("\n", "\r\n").replace("hello", "\u00e9\u00e8")
    lines = flake8(folder, "-", stdin=text.encode("latin-1"))
    assert found(lines, "CEL208") == {("stdin:8:5", "CEL208")}


# --- what is reported -------------------------------------------------------------------------------------------------


def test_noqa(folder: Path) -> None:
    path = folder / "shop" / "tasks.py"
    path.write_text(TASKS.rstrip("\n") + "  # noqa: CEL208\n", "utf-8")
    assert found(flake8(folder), "CEL208") == set()
    assert found(flake8(folder, "--disable-noqa"), "CEL208") == GREET
    path.write_text("# flake8: noqa: CEL208\n" + TASKS, "utf-8")
    assert found(flake8(folder), "CEL208") == set()


def test_per_file_ignores(folder: Path) -> None:
    (folder / "shop" / "jobs.py").write_text(TASKS, "utf-8")
    lines = flake8(folder, "--per-file-ignores=shop/tasks.py:CEL2")
    assert found(lines, "CEL208") == {("./shop/jobs.py:6:5", "CEL208")}


PRINT, LOOP = ("./shop/tasks.py:8:5", "CEL208"), ("./shop/tasks.py:9:5", "CEL917")


@pytest.mark.parametrize(
    ("config", "arguments", "expected"),
    [
        ("", [], {PRINT}),
        ("", ["--select=CEL"], {PRINT}),
        ("", ["--select=E,F,W,C"], {PRINT}),
        ("", ["--select=E,F"], set()),
        ("", ["--select=CEL9"], {LOOP}),
        ("", ["--select=CEL,CEL917"], {PRINT, LOOP}),
        ("", ["--extend-select=CEL9"], {PRINT, LOOP}),
        ("", ["--extend-select=CEL917", "--ignore=CEL208"], {LOOP}),
        ("", ["--extend-select=CEL9", "--extend-ignore=CEL917"], {PRINT}),
        ("", ["--ignore=CEL"], set()),
        ("", ["--ignore=CEL", "--select=CEL208"], {PRINT}),
        ("", ["--extend-ignore=CEL2"], set()),
        ("extend-select = ['CEL9']", [], {PRINT, LOOP}),
        ("extend-select = ['CEL9']", ["--extend-ignore=CEL9"], {PRINT}),
        ("extend-select = ['CEL9']", ["--select=CEL2"], {PRINT}),
        ("extend-select = ['CEL9']", ["--select=CEL"], {PRINT, LOOP}),
        ("extend-select = ['CEL9']", ["--select=E,F,W,C,CEL"], {PRINT, LOOP}),
        ("select = ['CEL917']", [], {LOOP}),
        ("select = ['CEL917']", ["--select=CEL"], {LOOP}),
        ("select = ['CEL917']", ["--select=CEL,CEL208"], {PRINT, LOOP}),
        ("ignore = ['CEL208']", ["--select=CEL"], set()),
        ("select = ['CEL917']", ["--select=CEL208"], {PRINT}),
        ("select = ['CEL917']", ["--select=E,F"], set()),
        ("ignore = ['CEL208']", [], set()),
        ("ignore = ['CEL208']", ["--extend-select=CEL208"], {PRINT}),
    ],
)
def test_selection(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    config: str,
    arguments: list[str],
    expected: set[tuple[str, str]],
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("FLAKE8_CELERY_CACHE_DIR", str(folder.parent / "cache"))
    (folder / "pyproject.toml").write_text(f"[tool.flake8-celery]\n{config}\n", "utf-8")
    (folder / "shop" / "tasks.py").write_text(POLICY, "utf-8")
    main(["-j1", *arguments])  # many cases: in this process
    out, err = capsys.readouterr()
    assert found(out.splitlines(), "CEL208", "CEL917", "CEL000") == expected
    assert err == ""


def test_options_of_ours_in_flake8s_configuration(folder: Path) -> None:
    (folder / "shop" / "house.py").write_text("def job(function):\n    return wrap(function)\n", "utf-8")
    (folder / "shop" / "tasks.py").write_text(
        "from celery import Celery\n\nfrom shop.house import job\n\napp = Celery('shop')\n\n\n"
        "@job\ndef greet(name):\n    print(name)\n",
        "utf-8",
    )
    assert found(flake8(folder), "CEL208") == set()
    expected = {("./shop/tasks.py:10:5", "CEL208")}
    assert found(flake8(folder, "--celery-task-decorators=shop.house.job"), "CEL208") == expected
    (folder / ".flake8").write_text("[flake8]\ncelery-task-decorators = other.thing, shop.house.job\n", "utf-8")
    assert found(flake8(folder), "CEL208") == expected


def test_the_place_of_the_app_in_flake8s_configuration(folder: Path) -> None:
    (folder / "shop" / "celery.py").write_text("from celery import Celery\n\napp = Celery('shop')\n", "utf-8")
    arguments = ["shop", "--extend-select=CEL919"]
    expected = {("shop/celery.py:3:7", "CEL919")}
    assert found(flake8(folder, *arguments, "--celery-app-path=core/app.py"), "CEL919", "CEL000") == expected
    assert found(flake8(folder, *arguments, "--celery-app-path=shop/celery.py"), "CEL919", "CEL000") == set()
    assert found(flake8(folder, *arguments), "CEL919", "CEL000") == set()


RETRIED = """\
import requests
from celery import shared_task

from shop.models import Visit


@shared_task(autoretry_for=(requests.RequestException,))
def visit(number):
    Visit.objects.create(number=number)
    requests.post("https://stats.example.com/", timeout=10)
"""


def test_what_is_declared_in_flake8s_configuration(folder: Path) -> None:
    (folder / "shop" / "tasks.py").write_text(RETRIED, "utf-8")
    expected = {("./shop/tasks.py:9:5", "CEL308")}
    assert found(flake8(folder), "CEL308") == expected
    assert found(flake8(folder, "--celery-idempotent-tasks=other.*"), "CEL308") == expected
    assert found(flake8(folder, "--celery-idempotent-tasks=other.*,shop.*"), "CEL308", "CEL000") == set()
    (folder / "pyproject.toml").write_text("[tool.flake8-celery]\nidempotent-tasks = ['shop.*']\n", "utf-8")
    assert found(flake8(folder), "CEL308", "CEL000") == set()
    (folder / ".flake8").write_text("[flake8]\ncelery-idempotent-tasks = other.*\n", "utf-8")
    assert found(flake8(folder), "CEL308") == expected


def test_deployment_files_are_reported_at_the_app(folder: Path) -> None:
    (folder / "shop" / "celery.py").write_text("from celery import Celery\n\napp = Celery('shop')\n", "utf-8")
    (folder / "docker-compose.yml").write_text(
        "services:\n  one:\n    image: shop\n    command: celery -A shop beat\n"
        "  two:\n    image: shop\n    command: celery -A shop beat\n",
        "utf-8",
    )
    (line,) = flake8(folder, "--select=CEL703")
    assert line.startswith("./shop/celery.py:3:7: CEL703 ")
    assert "docker-compose.yml:" in line


def test_columns_count_characters(folder: Path) -> None:
    text = TASKS.replace("    print(", "    '\U0001f600\u00e9'; print(")
    (folder / "shop" / "tasks.py").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert found(flake8(folder), "CEL208") == {("./shop/tasks.py:6:11", "CEL208")}


# --- files that cannot be read ----------------------------------------------------------------------------------------


def test_files_that_python_cannot_read_are_flake8s(folder: Path) -> None:
    head = b"from celery import shared_task\n"
    (folder / "shop" / "broken.py").write_bytes(head + b"def f(:\n")
    (folder / "shop" / "latin.py").write_bytes(head + b"# \xff\n")
    lines = flake8(folder)
    assert found(lines, "CEL208", "CEL000") == GREET
    assert {where.split(":")[0] for where, _ in found(lines, "E999", "E902")} >= {"./shop/broken.py"}


@pytest.mark.skipif(sys.version_info < (3, 11, 4), reason="there, ast raises ValueError and flake8 itself stops")
def test_nul_bytes(folder: Path) -> None:
    (folder / "shop" / "nul.py").write_bytes(b"from celery import shared_task\n\0\n")
    lines = flake8(folder)
    assert found(lines, "CEL208", "CEL000") == GREET
    assert {where.split(":")[0] for where, _ in found(lines, "E999", "E902")} == {"./shop/nul.py"}


def test_missing_file(folder: Path) -> None:
    lines = flake8(folder, "shop/nowhere.py", "shop/tasks.py")
    assert found(lines, "E902", "CEL000") == {("shop/nowhere.py:0:1", "E902")}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file(folder: Path) -> None:
    (folder / "shop" / "secret.py").write_text(TASKS, "utf-8")
    (folder / "shop" / "secret.py").chmod(0)
    assert found(flake8(folder), "CEL208", "CEL000") == GREET


def test_large_file(folder: Path) -> None:
    data = "import celery\nx = [\n" + f"    '{'some text ' * 1000}',\n" * 500 + "]\n"
    assert len(data) > 5_000_000
    (folder / "shop" / "data.py").write_text(data, "utf-8")
    assert found(flake8(folder, "--select=CEL"), "CEL208", "CEL000") == GREET


def test_loop_of_links(folder: Path) -> None:
    (folder / "shop" / "loop").symlink_to(folder, target_is_directory=True)
    assert found(flake8(folder), "CEL208", "CEL000") == GREET


def test_broken_yaml(folder: Path) -> None:
    (folder / "docker-compose.yml").write_text("services:\n  worker: [celery\n", "utf-8")
    assert found(flake8(folder), "CEL208", "CEL000") == GREET


# --- wrong configuration ----------------------------------------------------------------------------------------------


def test_wrong_configuration_is_a_finding(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[tool.flake8-celery]\nselect = 'CEL4'\n", "utf-8")
    (line,) = flake8(folder, "--select=CEL")
    assert line == (
        f"./shop/tasks.py:1:1: CEL000 {folder / 'pyproject.toml'}: "
        "`tool.flake8-celery`: `select` must be a list of strings"
    )


def test_a_wrong_option_is_a_finding(folder: Path) -> None:
    (line,) = flake8(folder, "--select=CEL", "--celery-extra-apps=shop.search,core/app.py")
    assert line == "./shop/tasks.py:1:1: CEL000 --celery-extra-apps: `core/app.py` is no dotted path"


def test_an_internal_error_is_a_finding(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flake8_celery.lint import Linter

    def fail(*arguments: object) -> None:
        raise ZeroDivisionError("on two\nlines")

    monkeypatch.setattr(Linter, "lint_file", fail)
    plugin = Plugin(ast.parse(""), str(folder / "shop" / "tasks.py"), [])
    (result,) = plugin.run()
    assert result == (1, 0, "CEL000 internal error, please report it: ZeroDivisionError: on two lines", Plugin)


# --- cost -------------------------------------------------------------------------------------------------------------


def imported(folder: Path, *arguments: str) -> set[str]:
    """The modules that a flake8 run imports."""
    script = "import sys\nfrom flake8.main.cli import main\nmain(sys.argv[1:])\nprint(*sys.modules, file=sys.stderr)\n"
    environment = {**os.environ, "FLAKE8_CELERY_CACHE_DIR": str(folder.parent / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", script, "-j1", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stderr.split())


def test_libcst_is_imported_for_files_that_need_it_only(folder: Path) -> None:
    assert "libcst" in imported(folder, "shop/tasks.py")
    (folder / "shop" / "tasks.py").write_text("print('no queue here')\n", "utf-8")
    assert "libcst" not in imported(folder)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")
def test_a_whole_project_is_read_by_another_process(folder: Path) -> None:
    assert not {"libcst", "flake8_celery.project"} & imported(folder)


@pytest.mark.parametrize("jobs", ["-j1", "-j2"])
def test_a_second_run_parses_nothing(folder: Path, jobs: str) -> None:
    (folder / "shop" / "jobs.py").write_text(TASKS.replace("hello", "{full(name)}"), "utf-8")
    flake8(folder, jobs)
    assert "libcst" not in imported(folder)


def test_the_engine_is_not_imported_where_no_rule_can_be_selected(folder: Path) -> None:
    modules = imported(folder, "--select=E,F")
    assert "flake8_celery.plugin" in modules
    assert not {"libcst", "flake8_celery.lint", "flake8_celery.model"} & modules
