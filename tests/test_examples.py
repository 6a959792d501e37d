"""The example projects: what is wrong in each `before` is found, to the line, and nothing is found in `after`."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from flake8_celery import config
from flake8_celery.lint import Diagnostic, Linter, Selection

EXAMPLES = Path(__file__).parents[1] / "examples"
NAMES = ("django-shop", "fastapi-media")

ANTIPATTERNS: dict[str, tuple[str, ...]] = {
    "more than one app": ("CEL101", "CEL919"),
    "logic in beat": ("CEL702",),
    "a second run or a lost worker does harm": ("CEL307", "CEL308", "CEL309", "CEL411", "CEL807", "CEL903", "CEL904"),
    "external calls without retry or timeout": ("CEL301", "CEL402"),
    "print": ("CEL208",),
    "coroutines in tasks": ("CEL201", "CEL404", "CEL405", "CEL917"),
    "no time limits": ("CEL401", "CEL403", "CEL410", "CEL412"),
    "background tasks of the web framework": ("CEL515",),
    "more than one beat": ("CEL703",),
    "tasks that autodiscovery does not find": ("CEL102", "CEL103"),
    "large results and arguments": ("CEL601", "CEL604"),
    "Celery as a message bus": ("CEL516", "CEL918"),
}
"""The documented antipatterns, with the rules that answer them."""

NOT_IN = {"django-shop": {"background tasks of the web framework"}, "fastapi-media": set[str]()}
"""What an example cannot show: Django has no background tasks."""

POLICIES = sorted(code for answers in ANTIPATTERNS.values() for code in answers if code.startswith("CEL9"))
"""The policies that answer an antipattern. The other policies are a matter of taste."""

EVERYTHING = Selection(extend_select=tuple(POLICIES))

Place = tuple[str, int, str]


def expected(name: str) -> list[Place]:
    entries = json.loads((EXAMPLES / name / "expected.json").read_text("utf-8"))
    return [(entry["path"], entry["line"], entry["code"]) for entry in entries]


def found(root: Path, selection: Selection | None) -> list[Place]:
    linter = Linter(selection, use_cache=False)
    diagnostics: list[Diagnostic] = []
    for path in linter.python_files([root]):
        diagnostics += linter.lint_file(path)
    deployment, problems = linter.lint_deployment(root)
    assert problems == []
    return sorted((relative(d.path, root), d.span.line, d.code) for d in (*diagnostics, *deployment))


def relative(path: str, root: Path) -> str:
    return (root / path).resolve().relative_to(root.resolve()).as_posix()


def run(*args: str, cwd: Path, cache: Path) -> str:
    """What a program writes; it ends with 0 or, where it finds something, with 1."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    environment.pop("FORCE_COLOR", None)
    done = subprocess.run(
        [sys.executable, "-m", *args], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_before_commits_exactly_what_is_expected(name: str) -> None:
    assert found(EXAMPLES / name / "before", EVERYTHING) == expected(name)


@pytest.mark.parametrize("name", NAMES)
def test_policies_are_off_by_default(name: str) -> None:
    assert found(EXAMPLES / name / "before", None) == [p for p in expected(name) if not p[2].startswith("CEL9")]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("selection", [None, EVERYTHING], ids=["configured", "everything"])
def test_after_is_clean(name: str, selection: Selection | None) -> None:
    assert found(EXAMPLES / name / "after", selection) == []


@pytest.mark.parametrize("name", NAMES)
def test_after_declares_the_policies_that_answer_antipatterns(name: str) -> None:
    assert config.load(EXAMPLES / name / "after").extend_select == tuple(POLICIES)


@pytest.mark.parametrize("name", NAMES)
def test_before_commits_the_antipatterns(name: str) -> None:
    codes = {code for _, _, code in expected(name) if not code.startswith("CEL9")}
    shown = {antipattern for antipattern, answers in ANTIPATTERNS.items() if codes & set(answers)}
    assert shown == set(ANTIPATTERNS) - NOT_IN[name]


def test_there_are_twelve_antipatterns_and_every_expected_code_answers_one() -> None:
    assert len(ANTIPATTERNS) == 12
    answers = {code for codes in ANTIPATTERNS.values() for code in codes}
    assert {code for name in NAMES for _, _, code in expected(name)} == answers


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("side", ["before", "after"])
def test_flake8_agrees_with_the_command_line(name: str, side: str, tmp_path: Path) -> None:
    root = EXAMPLES / name / side
    entries = json.loads(run("flake8_celery", "check", "--output-format=json", ".", cwd=root, cache=tmp_path))
    from_command = Counter(
        (relative(e["filename"], root), e["location"]["row"], e["location"]["column"], e["code"])
        for e in entries
        if e["filename"].endswith(".py")
    )
    elsewhere = sorted(
        (relative(e["filename"], root), e["location"]["row"]) for e in entries if not e["filename"].endswith(".py")
    )

    output = run(
        "flake8",
        "--isolated",
        "--select=CEL",
        "--format=%(path)s|%(row)d|%(col)d|%(code)s|%(text)s",
        cwd=root,
        cache=tmp_path,
    )
    from_flake8 = Counter[tuple[str, int, int, str]]()
    at_the_app = []
    for line in output.splitlines():
        path, row, column, code, text = line.split("|", 4)
        # what is wrong in a deployment file, flake8 reports where the app is made
        file, _, number = text.rpartition(" (")[2].removesuffix(")").rpartition(":")
        if (file, number.isdigit() and int(number)) in elsewhere:
            at_the_app.append((file, int(number)))
        else:
            from_flake8[relative(path, root), int(row), int(column), code] += 1

    assert from_flake8 == from_command
    assert sorted(at_the_app) == elsewhere


def test_the_readme_shows_what_the_command_writes(tmp_path: Path) -> None:
    readme = (EXAMPLES.parent / "README.md").read_text("utf-8")
    start = "```console\n$ cd examples/django-shop/before\n$ flake8-celery check "
    arguments, _, shown = readme.partition(start)[2].partition("\n```\n")[0].partition("\n")
    assert arguments
    written = run(
        "flake8_celery", "check", "--output-format=full", *arguments.split(), cwd=EXAMPLES / NAMES[0] / "before",
        cache=tmp_path,
    )  # fmt: skip
    assert shown == written.rstrip()


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_counts_the_findings(name: str) -> None:
    codes = [code for _, _, code in expected(name) if not code.startswith("CEL9")]
    readme = (EXAMPLES.parent / "README.md").read_text("utf-8")
    row = next(line for line in readme.splitlines() if line.startswith(f"| examples/{name}/before |"))
    assert row.endswith(f"| {len(codes)} findings of {len(set(codes))} rules |")


def test_the_examples_compile() -> None:
    for path in EXAMPLES.rglob("*.py"):
        compile(path.read_text("utf-8"), str(path), "exec")


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("name", NAMES)
def test_the_tests_of_the_examples_pass(name: str, side: str, tmp_path: Path) -> None:
    needed = {
        "django-shop": ["django", "celery", "redis", "requests", "httpx"],
        "fastapi-media": ["fastapi", "celery", "redis", "requests", "httpx", "sqlalchemy", "PIL", "multipart"],
    }[name]
    missing = [module for module in needed if importlib.util.find_spec(module) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    program = ["manage.py", "test"] if name == "django-shop" else ["-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-B", *program],
        cwd=EXAMPLES / name / side,
        env={
            **os.environ,
            "DATABASE_PATH": str(tmp_path / "shop.sqlite3"),
            "DATABASE_URL": f"sqlite:///{tmp_path}/media.sqlite3",
            "MEDIA_DIR": str(tmp_path / "media"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
