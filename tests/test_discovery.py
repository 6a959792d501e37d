"""Where a project begins, and which files belong to it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from flake8.discover_files import expand_paths
from flake8.utils import normalize_paths
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flake8_celery.discovery import Tree, find_root, walk


def make(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    return root


def python(root: Path, *exclude: str) -> list[str]:
    return list(walk(root, exclude).python)


# --- the root ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("marker", ["pyproject.toml", "setup.cfg", "setup.py", ".git/", ".git"])
def test_root_is_the_nearest_marked_folder(tmp_path: Path, marker: str) -> None:
    make(tmp_path, "pyproject.toml", f"a/{marker}", "a/b/c.py", "a/manage.py", "a/b/manage.py")
    assert find_root(tmp_path / "a/b/c.py") == tmp_path / "a"
    assert find_root(tmp_path / "a/b") == tmp_path / "a"
    assert find_root(tmp_path / "a") == tmp_path / "a"
    assert find_root(tmp_path) == tmp_path


def test_without_a_mark_it_is_the_folder_of_manage_py(tmp_path: Path) -> None:
    make(tmp_path, "a/manage.py", "a/b/c.py")
    assert find_root(tmp_path / "a/b/c.py") == tmp_path / "a"


def test_without_any_mark_it_is_the_folder_itself(tmp_path: Path) -> None:
    make(tmp_path, "a/b/c.py")
    assert find_root(tmp_path / "a/b/c.py") == tmp_path / "a/b"
    assert find_root(tmp_path / "a/b") == tmp_path / "a/b"


def test_root_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    make(tmp_path, "a/pyproject.toml")
    assert find_root(tmp_path / "a/b/new.py") == tmp_path / "a"


def test_root_of_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "pyproject.toml", "a/b.py")
    monkeypatch.chdir(tmp_path / "a")
    for path in ("b.py", ".", "../a/b.py", "stdin"):
        assert find_root(Path(path)) == tmp_path


needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")


@needs_links
def test_root_is_found_behind_links(tmp_path: Path) -> None:
    make(tmp_path, "real/pyproject.toml", "real/a/b.py", "other/pyproject.toml")
    (tmp_path / "other/link").symlink_to(tmp_path / "real/a")
    (tmp_path / "other/b.py").symlink_to(tmp_path / "real/a/b.py")
    assert find_root(tmp_path / "other/link/b.py") == tmp_path / "real"
    assert find_root(tmp_path / "other/b.py") == tmp_path / "real"


@needs_links
def test_root_of_a_loop_of_links(tmp_path: Path) -> None:
    make(tmp_path, "pyproject.toml")
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert find_root(tmp_path / "a") == tmp_path


# --- the files --------------------------------------------------------------------------------------------------------


def test_files_have_their_time_and_size(tmp_path: Path) -> None:
    make(tmp_path, "b/a.py", "a.py", "a.txt", "a.pyc", "a.pyi", "Procfile", "b/compose.yaml")
    (tmp_path / "a.py").write_bytes(b"12345")
    os.utime(tmp_path / "a.py", ns=(1, 123_456_700))
    tree = walk(tmp_path)
    assert isinstance(tree, Tree)
    assert tree.root == tmp_path
    assert list(tree.python) == ["a.py", "b/a.py"]
    assert tree.python["a.py"] == (123_456_700, 5)
    assert list(tree.deployment) == ["Procfile", "b/compose.yaml"]


@pytest.mark.parametrize(
    "names",
    [
        ["env/pyvenv.cfg"],
        ["env/bin/activate", "env/lib/python3.11/os.py"],
        ["env/bin/activate", "env/lib/pypy3.10/os.py"],
        ["env/Scripts/activate.bat"],
        ["env/conda-meta/history"],
        ["env/.git/"],
        ["env/.git"],
    ],
)
def test_environments_and_other_repositories_are_left_out(tmp_path: Path, names: list[str]) -> None:
    make(tmp_path, "a.py", "env/a.py", "env/lib/site-packages/celery/app.py", "env/compose.yaml", *names)
    assert python(tmp_path) == ["a.py"]
    assert not walk(tmp_path).deployment


@pytest.mark.parametrize("mark", ["pyvenv.cfg", ".git/", "conda-meta/"])
def test_the_root_itself_may_look_like_one(tmp_path: Path, mark: str) -> None:
    make(tmp_path, "a.py", mark)
    assert python(tmp_path) == ["a.py"]


@pytest.mark.parametrize(
    "folder",
    [
        "node_modules",
        "__pycache__",
        "site-packages",
        "dist-packages",
        "proj.egg-info",
        "celery-5.7.0.dist-info",
        "old.egg",
        "CVS",
        ".git",
        ".hg",
        ".svn",
        ".tox",
        ".nox",
        ".venv",
        ".mypy_cache",
        ".eggs",
        ".hypothesis",
        ".idea",
        "dist",
    ],
)
def test_folders_without_own_code_are_left_out(tmp_path: Path, folder: str) -> None:
    make(tmp_path, "a.py", f"{folder}/a.py", f"b/{folder}/c/a.py", f"{folder}/compose.yaml")
    assert python(tmp_path) == ["a.py"]
    assert not walk(tmp_path).deployment


@pytest.mark.parametrize(
    "folder",
    ["lib", "bin", "env", "venv", "build", "tests", "migrations", "packages", "Scripts", "target", "vendor", "ä"],
)
def test_folders_with_own_code_are_not(tmp_path: Path, folder: str) -> None:
    make(tmp_path, f"a/{folder}/a.py", f"{folder}/b/a.py")
    assert python(tmp_path) == sorted([f"a/{folder}/a.py", f"{folder}/b/a.py"])


def test_what_setuptools_builds_is_left_out(tmp_path: Path) -> None:
    make(
        tmp_path, "a/setup.py", "a/build/x.py", "b/build/lib/x.py", "b/build/y.py", "c/build/z.py", "d/dist/__init__.py"
    )
    assert python(tmp_path) == ["a/setup.py", "c/build/z.py", "d/dist/__init__.py"]


def test_projects_within_the_project_belong_to_it(tmp_path: Path) -> None:
    make(tmp_path, "pyproject.toml", "a/pyproject.toml", "a/a.py", "b/setup.py")
    assert python(tmp_path) == ["a/a.py", "b/setup.py"]


def test_hidden_folders_are_read_for_deployment_only(tmp_path: Path) -> None:
    make(
        tmp_path,
        ".docker/a.py",
        ".docker/x/b.py",
        ".docker/x/Dockerfile",
        ".github/workflows/a.yml",
        ".other/Dockerfile",
    )
    tree = walk(tmp_path)
    assert not tree.python
    assert ".docker/x/Dockerfile" in tree.deployment
    assert not any(path.startswith(".other") for path in tree.deployment)


def test_hidden_files_are_read_but_not_those_of_the_finder(tmp_path: Path) -> None:
    make(tmp_path, ".a.py", "._b.py")
    assert python(tmp_path) == [".a.py"]


def test_what_is_not_there_or_no_folder_is_empty(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    for root in (tmp_path / "gone", tmp_path / "a.py"):
        assert walk(root) == Tree(root)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="needs a folder that cannot be read")
def test_folders_that_cannot_be_read_are_passed_over(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "b/a.py")
    (tmp_path / "b").chmod(0)
    try:
        assert python(tmp_path) == ["a.py"]
    finally:
        (tmp_path / "b").chmod(0o700)


def test_a_folder_that_fails_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a.py", "b/a.py", "c/a.py")
    scandir = os.scandir

    def fail(path: str) -> object:
        if path.endswith("b"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", fail)
    assert python(tmp_path) == ["a.py", "c/a.py"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_only_regular_files_are_taken(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "folder.py/b.py")
    os.mkfifo(tmp_path / "pipe.py")
    assert python(tmp_path) == ["a.py", "folder.py/b.py"]


@needs_links
def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    make(tmp_path, "proj/a/a.py", "other/b.py")
    (tmp_path / "proj/a/loop").symlink_to(tmp_path / "proj")
    (tmp_path / "proj/other").symlink_to(tmp_path / "other")
    (tmp_path / "proj/gone.py").symlink_to(tmp_path / "nowhere.py")
    assert python(tmp_path / "proj") == ["a/a.py"]


@needs_links
def test_a_linked_file_counts_once(tmp_path: Path) -> None:
    make(tmp_path, "proj/a.py", "other/b.py")
    (tmp_path / "proj/again.py").symlink_to("a.py")
    (tmp_path / "proj/b.py").symlink_to(tmp_path / "other/b.py")
    (tmp_path / "link").symlink_to(tmp_path / "proj")
    assert python(tmp_path / "proj") == ["a.py", "b.py"]
    assert python(tmp_path / "link") == ["a.py", "b.py"]


@pytest.mark.skipif(sys.platform != "linux", reason="names need not be Unicode on Linux")
def test_names_need_not_be_unicode(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9")).mkdir()
    (tmp_path / os.fsdecode(b"caf\xe9") / "a.py").touch()
    (tmp_path / ".gitignore").write_bytes(b"b\xff.py\n")
    assert python(tmp_path) == ["caf\udce9/a.py"]


# --- what git ignores -------------------------------------------------------------------------------------------------


def test_ignored_files_are_left_out(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "gen/a.py", "b/gen/a.py", "b/c.py", "b/d.py", "local_compose.yaml", "compose.yaml")
    (tmp_path / ".gitignore").write_text("/gen/\nlocal_*\n*.log\nd.py\n", "utf-8")
    (tmp_path / "b/.gitignore").write_text("c.py\n!d.py\n", "utf-8")
    assert python(tmp_path) == ["a.py", "b/d.py", "b/gen/a.py"]
    assert list(walk(tmp_path).deployment) == ["compose.yaml"]


def test_rules_above_the_root_hold_within_the_repository(tmp_path: Path) -> None:
    make(
        tmp_path, ".git/", "back/end/a.py", "back/end/gen/a.py", "back/end/x/gen/a.py", "back/end/b.py", "back/end/c.py"
    )
    (tmp_path / ".gitignore").write_text("/back/end/gen\nb.py\nc.py\n", "utf-8")
    (tmp_path / "back/.gitignore").write_text("!b.py\n/a.py\n", "utf-8")
    assert python(tmp_path / "back/end") == ["a.py", "b.py", "x/gen/a.py"]
    (tmp_path / ".git").rmdir()
    assert len(python(tmp_path / "back/end")) == 5


@pytest.mark.parametrize("rule", ["/back/", "back", "end/", "*", "back/*"])
def test_an_ignored_folder_that_is_named_is_read(tmp_path: Path, rule: str) -> None:
    make(tmp_path, ".git/", "back/end/a.py")
    (tmp_path / ".gitignore").write_text(rule + "\n", "utf-8")
    assert python(tmp_path / "back/end") == ["a.py"]


def test_a_gitignore_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    make(tmp_path, "a.py", ".gitignore/")
    assert python(tmp_path) == ["a.py"]


# --- what is excluded -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exclude", "left"),
    [
        ([], ["a.py", "b/a.py", "b/c/a.py", "c/a.py"]),
        (["a.py"], []),
        (["b"], ["a.py", "c/a.py"]),
        (["b/"], ["a.py", "c/a.py"]),
        (["b/c"], ["a.py", "b/a.py", "c/a.py"]),
        (["./b/c/"], ["a.py", "b/a.py", "c/a.py"]),
        (["c"], ["a.py", "b/a.py"]),
        (["b/*.py"], ["a.py", "c/a.py"]),
        (["*/c/*"], ["a.py", "b/a.py", "c/a.py"]),
        (["[bc]", ""], ["a.py"]),
        (["nothing", " c "], ["a.py", "b/a.py"]),
        (["."], ["a.py", "b/a.py", "b/c/a.py", "c/a.py"]),
    ],
)
def test_exclude(tmp_path: Path, exclude: list[str], left: list[str]) -> None:
    make(tmp_path, "a.py", "b/a.py", "b/c/a.py", "c/a.py")
    assert python(tmp_path, *exclude) == left


def test_exclude_by_absolute_path(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "b/a.py")
    assert python(tmp_path, str(tmp_path / "b")) == ["a.py"]


_NAMES = st.sampled_from(["a", "b", "c", "a.py", "b.py", "*", "*.py", "?.py", "[ab]", "a*", "..", "."])
_EXCLUDES = st.lists(
    st.builds(
        lambda parts, tail: "/".join(parts) + tail, st.lists(_NAMES, min_size=1, max_size=3), st.sampled_from(["", "/"])
    ),
    max_size=3,
)


@given(_EXCLUDES)
@settings(deadline=None, suppress_health_check=list(HealthCheck))
def test_exclude_means_what_it_means_to_flake8(tmp_path: Path, exclude: list[str]) -> None:
    make(tmp_path, "a.py", "b.py", "a/a.py", "a/b.py", "a/b/c/a.py", "b/a/b.py", "b/c/b.py", "c/c.py")
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        paths = expand_paths(
            paths=[entry.name for entry in tmp_path.iterdir()],
            stdin_display_name="stdin",
            filename_patterns=["*.py"],
            exclude=normalize_paths(exclude, str(tmp_path)),
        )
        expected = sorted(Path(path).as_posix() for path in paths)
    finally:
        os.chdir(before)
    assert sorted(python(tmp_path, *exclude)) == expected


def test_a_large_project(tmp_path: Path) -> None:
    for i in range(430):
        folder = tmp_path / f"app{i % 20}" / f"part{i}"
        folder.mkdir(parents=True)
        for j in range(10):
            (folder / f"module{j}.py").touch()
    rules = "".join(f"*.{i}\n/folder{i}/\nname{i}\n" for i in range(40))
    (tmp_path / ".gitignore").write_text(rules, "utf-8")
    assert len(walk(tmp_path).python) == 4300
