"""`.gitignore` rules, against git itself."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flake8_celery.discovery import walk
from flake8_celery.gitignore import Ignore, ignored

FILES = [
    "a.py",
    "b.py",
    "ab.py",
    "a-b.py",
    "[a].py",
    "#a.py",
    "!a.py",
    "a b.py",
    "z.py",
    "A.py",
    "1.py",
    "a/a.py",
    "a/b.py",
    "a/b/a.py",
    "a/b/c/a.py",
    "a/b/c/b.py",
    "b/a.py",
    "b/a/b.py",
    "b/c/a/b.py",
    "ab/a.py",
    "a.py.d/a.py",
    "c/a.py/a.py",
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    root = tmp_path_factory.mktemp("tree")
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    for name in FILES:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", "utf-8")
    return root


def not_ignored(root: Path) -> set[str]:
    command = ["git", "-C", str(root), "ls-files", "-z", "--others", "--exclude-per-directory=.gitignore"]
    run = subprocess.run(command, capture_output=True, check=True)
    return {name for name in run.stdout.decode().split("\0") if name.endswith(".py")}


_PART = st.sampled_from(
    [
        "a",
        "b",
        "c",
        "ab",
        "*",
        "**",
        "?",
        "a*",
        "*b",
        "a.py",
        "*.py",
        "b.py",
        ".py",
        "***",
        "a**b",
        "[ab]",
        "[!a]",
        "[^a].py",
        "[a-c]",
        "[z-a]*",
        "[]a]",
        "[[:alpha:]]*",
        "[[:digit:][:upper:]].py",
        "[[:nope:]]",
        "[[:a]",
        "[a",
        "[\\]]",
        "\\a",
        "\\*",
        "a\\",
        "[a-]*",
        "[--1].py",
        "\\[a\\].py",
        "[[]a].py",
        "#a.py",
        "!a.py",
        "a b.py",
        "[/a]",
        "[!/]",
        "*.*",
    ]
)
_PATTERN = st.builds(
    lambda lead, parts, tail: lead + "/".join(parts) + tail,
    st.sampled_from(["", "", "", "/", "!", "!/", "\\", "#", " ", "**/", "//"]),
    st.lists(_PART, min_size=1, max_size=3),
    st.sampled_from(["", "", "", "/", "/**", "/*", " ", "\\ ", "  ", "//", "\t"]),
)
_IGNORE = st.builds(
    lambda lines, end, bom: bom + end.join([*lines, ""]),
    st.lists(_PATTERN | st.sampled_from(["", "!", "/", "*", "!*/", "!*.py", "**", "!a", "!**/a.py"]), max_size=5),
    st.sampled_from(["\n", "\n", "\r\n"]),
    st.sampled_from(["", "", "\ufeff"]),
)


@given(_IGNORE, _IGNORE, st.sampled_from(["a", "a/b", "b"]))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@example("*.py\n!a.py\n", "b.py\n", "a")
@example("/a/**/a.py\n", "", "a")
@example("**/b/\n!b/\n", "!a.py\n", "b")
@example("a/\n!a/b/\n", "", "a")
@example("a\\ b.py\n\\#a.py\n\\!a.py\n", "", "a")
@example("*\n!*/\n!a.py\n", "*\n", "a/b")
@example("b/**\n!b/a/\n", "", "b")
@example("a.py/\n", "", "b")
@example("[[:alpha:]-z].py\n", "", "b")
@example("**/**/**/**/**/**/**/**/a.py\n", "", "b")
@example("[!a-b].py\n[\\a].py", "", "b")
def test_git_agrees(tree: Path, top: str, nested: str, folder: str) -> None:
    for old in tree.rglob(".gitignore"):
        old.unlink()
    (tree / ".gitignore").write_bytes(top.encode())
    (tree / folder / ".gitignore").write_bytes(nested.encode())
    assert set(walk(tree).python) == not_ignored(tree)


def test_verdicts() -> None:
    ignore = Ignore(["*.log", "!keep.log", "/only", "build/"], "sub/")
    assert ignore.verdict("sub/x/a.log", False) is True
    assert ignore.verdict("sub/keep.log", False) is False
    assert ignore.verdict("sub/a.py", False) is None
    assert ignore.verdict("sub/only", False) is True
    assert ignore.verdict("sub/x/only", False) is None
    assert ignore.verdict("sub/build", False) is None
    assert ignore.verdict("sub/build", True) is True


def test_the_last_file_has_the_last_word() -> None:
    outer, inner = Ignore(["*.py"]), Ignore(["!a.py", "b.py"], "x/")
    assert ignored((outer,), "x/a.py", False)
    assert not ignored((outer, inner), "x/a.py", False)
    assert ignored((outer, inner), "x/c.py", False)
    assert not ignored((), "a.py", False)


def test_rules_from_above() -> None:
    ignore = Ignore(["/backend/gen", "*.tmp", "/gen"], above="backend/")
    assert ignore.verdict("gen", True) is True
    assert ignore.verdict("x/gen", True) is None
    assert ignore.verdict("x/a.tmp", False) is True


@given(st.lists(st.text(max_size=12), max_size=6), st.text(max_size=12))
def test_any_text_is_taken(lines: list[str], path: str) -> None:
    assert Ignore(lines).verdict(path, True) in (True, False, None)
