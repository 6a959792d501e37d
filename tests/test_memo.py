"""What is kept of earlier runs is what the rules would find now."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from flake8_celery import fixes
from flake8_celery.cache import Store
from flake8_celery.config import ConfigError
from flake8_celery.fixes import Fix
from flake8_celery.lint import Diagnostic, Linter, Selection
from flake8_celery.opened import Opened
from flake8_celery.project import Project
from flake8_celery.source import SourceError

from .runs import OLD, place, run, write

FILES = {
    "setup.cfg": "",
    "requirements.txt": "celery==5.6.0\n",
    "docker-compose.yml": "services:\n  web:\n    command: celery -A shop worker -B\n    deploy:\n      replicas: 3\n",
    "shop/__init__.py": "",
    "shop/celery.py": 'from celery import Celery\n\napp = Celery("shop", broker="redis://", include=["shop.tasks"])\n',
    "shop/tasks.py": "from shop.celery import app\n\n\n@app.task\ndef ship(order_id):\n    print(order_id)\n",
    "shop/views.py": "from shop.tasks import ship\n\n\ndef confirm(request):\n    ship.delay(1, 2)\n",
    "shop/plain.py": "VALUE = 1\n",
}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return place(tmp_path, monkeypatch, FILES)


def test_nothing_is_asked_twice(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(shop)
    assert {d.code for d in first.diagnostics} >= {"CEL208", "CEL504", "CEL703"}

    def never(*_: object) -> None:
        raise AssertionError("the project is read again")

    with monkeypatch.context() as patched:
        patched.setattr(Project, "modules", property(never))
        assert run(shop) == first
    assert run(shop, use_cache=False) == first


def test_a_project_without_python_is_not_read_again(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in shop.rglob("*.py"):
        path.unlink()
    first = run(shop)
    with monkeypatch.context() as patched:
        patched.setattr(Opened, "project", property(lambda _: pytest.fail("the project is read again")))
        assert run(shop) == first


CHANGES = {
    "another file": ("shop/tasks.py", "from shop.celery import app\n\n\n@app.task\ndef ship(a, b):\n    send(a, b)\n"),
    "a plain file": ("shop/plain.py", "from shop.tasks import ship\n\nship.delay()\n"),
    "a new file": ("shop/more.py", "from shop.tasks import ship\n\nship.delay()\n"),
    "a broken file": ("shop/tasks.py", "from shop.celery import app\n@app.task\ndef ship(:\n"),
    "the version": ("requirements.txt", "celery==5.7.0\n"),
    "a lock file": ("uv.lock", '[[package]]\nname = "celery"\nversion = "5.4.0"\n'),
    "deployment": ("docker-compose.yml", "services: {}\n"),
    "configuration": ("pyproject.toml", '[tool.flake8-celery]\nignore = ["CEL208"]\n'),
    "a module of another kind": ("shop/tasks.pyx", ""),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("for_flake8", [False, True], ids=["command", "flake8"])
def test_changes_are_seen(shop: Path, change: str, for_flake8: bool) -> None:
    run(shop, for_flake8=for_flake8)
    run(shop, for_flake8=for_flake8)
    path, text = CHANGES[change]
    write(shop / path, text)
    assert run(shop, for_flake8=for_flake8) == run(shop, use_cache=False, for_flake8=for_flake8)
    (shop / path).unlink()
    assert run(shop, for_flake8=for_flake8) == run(shop, use_cache=False, for_flake8=for_flake8)


def test_question_about_the_disk_is_asked_again(shop: Path) -> None:
    write(shop / "shop/celery.py", FILES["shop/celery.py"].replace("shop.tasks", "shop.compiled"))
    first = run(shop)
    assert "CEL103" in {d.code for d in first.diagnostics}
    (shop / "shop" / "compiled.so").touch()
    assert "CEL103" not in {d.code for d in run(shop).diagnostics}
    (shop / "shop" / "compiled.so").unlink()
    assert run(shop) == first


def test_what_git_ignores_is_asked_again(shop: Path) -> None:
    write(shop / "shop/celery.py", FILES["shop/celery.py"] + 'app.config_from_object("shop.celeryconfg")\n')
    assert "CEL110" in {d.code for d in run(shop).diagnostics}
    write(shop / ".gitignore", "celeryconfg.py\n")
    ignored = run(shop)
    assert "CEL110" not in {d.code for d in ignored.diagnostics}
    assert ignored == run(shop, use_cache=False)


def test_parts_add_up(shop: Path) -> None:
    whole = run(shop, use_cache=False).diagnostics
    for path in sorted(shop.glob("shop/*.py")):
        linter = Linter(Selection())
        linter.lint_file(path)
        linter.finish()
    assert run(shop).diagnostics == whole


def test_a_file_that_is_left_out_does_not_stay(shop: Path) -> None:
    first = run(shop)
    write(shop / "build/lib/extra.py", "from shop.tasks import ship\n\nship.delay()\n")
    linter = Linter(Selection())
    assert [d.code for d in linter.lint_file(shop / "build/lib/extra.py")] == ["CEL504"]
    linter.finish()
    assert run(shop) == first


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"state": 1}', b"\xff\xff"])
def test_spoiled_files_are_left(shop: Path, tmp_path: Path, content: bytes) -> None:
    first = run(shop)
    kept = list((tmp_path / "cache").glob("*.found.json"))
    assert kept
    for file in kept:
        file.write_bytes(content)
    assert run(shop) == first


def repairs(root: Path, use_cache: bool = True) -> dict[Diagnostic, Fix]:
    """The repairs of what is found in the project."""
    linter = Linter(Selection(), use_cache=use_cache)
    found: dict[Diagnostic, Fix] = {}
    for path in ["shop/tasks.py", "shop/views.py", "docker-compose.yml"]:
        found |= linter.repairs(root / path)[1]
    linter.finish()
    return found


def test_no_repair_is_made_up_twice(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beats = "services:\n  beat:\n    command: celery -A shop beat\n    deploy:\n      replicas: 2\n"
    write(shop / "docker-compose.yml", beats)
    run(shop)
    first = repairs(shop)
    assert {d.code for d in first} >= {"CEL208", "CEL703"}

    def never(*_: object) -> None:
        raise AssertionError("the fixers are asked again")

    with monkeypatch.context() as patched:
        patched.setattr(fixes, "fixers", never)
        patched.setattr(fixes, "deployment_fixers", never)
        patched.setattr(Project, "modules", property(never))
        assert repairs(shop) == first
    assert repairs(shop, use_cache=False) == first


@pytest.mark.parametrize("change", CHANGES)
def test_repairs_follow_changes(shop: Path, change: str) -> None:
    repairs(shop)
    path, text = CHANGES[change]
    write(shop / path, text)
    if change == "a broken file":
        with pytest.raises(SourceError):
            repairs(shop)
    else:
        assert repairs(shop) == repairs(shop, use_cache=False)


def test_repairs_of_a_changed_file_are_made_anew(shop: Path, tmp_path: Path) -> None:
    run(shop)
    first = repairs(shop)
    (kept,) = (tmp_path / "cache").rglob("*.repairs.json")
    (fix,) = (fix for found, fix in first.items() if found.code == "CEL208")
    text = next(edit.text for edit in fix.edits if "order_id" in edit.text)
    kept.write_text(kept.read_text("utf-8").replace(json.dumps(text)[1:-1], "spoiled"), "utf-8")
    write(shop / "shop/tasks.py", FILES["shop/tasks.py"] + "FRESH = 1\n", OLD + 9)
    assert repairs(shop) == repairs(shop, use_cache=False)


def test_repairs_follow_the_disk(shop: Path) -> None:
    """Whether a module is there that is no file of the project's decides about a repair as well."""
    write(shop / "shop/celery.py", FILES["shop/celery.py"].replace("shop.tasks", "shop.taskz"))
    linter = Linter(Selection())
    found, fixed = linter.repairs(shop / "shop/celery.py")
    linter.finish()
    assert {d.code for d in found} >= {"CEL103"}
    assert {d.code for d in fixed} >= {"CEL103"}
    (shop / "shop" / "taskz.so").touch()
    assert not Linter(Selection()).repairs(shop / "shop/celery.py")[1]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"state": 1}', b"\xff\xff"])
def test_spoiled_repairs_are_left(shop: Path, tmp_path: Path, content: bytes) -> None:
    first = repairs(shop)
    (kept,) = (tmp_path / "cache").glob("*.repairs.json")
    assert kept.stat().st_mode & 0o077 == 0
    kept.write_bytes(content)
    assert repairs(shop) == first


def test_a_text_of_its_own_has_its_own_repairs(shop: Path) -> None:
    first = repairs(shop)
    file = shop / "shop/tasks.py"
    text = file.read_bytes()
    linter = Linter(Selection())
    _, other = linter.repairs(file, {file: b"\n" + text})
    _, same = linter.repairs(file, {file: text})
    assert same == {d: fix for d, fix in first.items() if d.path == "shop/tasks.py"}
    assert [d.span.line for d in other] == [d.span.line + 1 for d in same]


def test_wrong_configuration_is_told(shop: Path) -> None:
    run(shop)
    write(shop / "pyproject.toml", "[tool.flake8-celery]\nselekt = []\n")
    with pytest.raises(ConfigError):
        Linter().lint_file(shop / "shop/tasks.py")


def test_times_alone_tell_that_nothing_has_changed(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(shop)

    def never(*_: object) -> None:
        raise AssertionError("the facts are looked at")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "reload", never)
        assert run(shop) == first
    os.utime(shop / "shop/tasks.py", (OLD + 5, OLD + 5))
    assert run(shop) == first  # by its content
    with monkeypatch.context() as patched:
        patched.setattr(Store, "reload", never)
        assert run(shop) == first


@pytest.mark.parametrize("path", ["shop/plain.py", "docker-compose.yml", "uv.lock"])
def test_young_files_are_looked_into(shop: Path, path: str) -> None:
    same = {"shop/plain.py": "VALUE = 1\n", "docker-compose.yml": FILES["docker-compose.yml"], "uv.lock": "# x\n"}
    write(shop / path, same[path])
    os.utime(shop / path)
    first = run(shop)
    young = (shop / path).stat()
    changed = {
        "shop/plain.py": "VALUE = 2\n",
        "docker-compose.yml": FILES["docker-compose.yml"].replace("worker", "beater"),
        "uv.lock": "# y\n",
    }
    (shop / path).write_text(changed[path])
    os.utime(shop / path, ns=(young.st_atime_ns, young.st_mtime_ns))
    assert run(shop) == run(shop, use_cache=False)
    assert (run(shop) == first) == (path != "docker-compose.yml")


def test_clean_files_are_those_of_one_project(shop: Path) -> None:
    assert Linter(Selection(), use_cache=False).clean_files(shop) == []
    run(shop)
    assert Linter(Selection()).clean_files(shop) == ["shop/__init__.py", "shop/plain.py"]
    assert Linter(Selection()).clean_files(shop / "shop") == []
    write(shop / "inner/setup.cfg", "")
    write(shop / "inner/more.py", "VALUE = 1\n")
    run(shop)
    assert "inner/more.py" not in Linter(Selection()).clean_files(shop)
    assert "shop/plain.py" in Linter(Selection()).clean_files(shop)


@pytest.mark.parametrize("for_flake8", [False, True], ids=["command", "flake8"])
def test_files_that_the_walk_leaves_out_change_nothing_for_the_others(
    shop: Path, monkeypatch: pytest.MonkeyPatch, for_flake8: bool
) -> None:
    expected = run(shop, for_flake8=for_flake8)
    write(shop / ".github/plain.py", "@decorated\ndef nothing(): pass\n")
    write(shop / ".github/tasks.py", "from shop.tasks import ship\n\nship.delay(1, 2)\n")

    def never(*_: object) -> None:
        raise AssertionError("the project is read again")

    with monkeypatch.context() as patched:
        patched.setattr(Project, "modules", property(never))
        linter = Linter(Selection(), for_flake8=for_flake8)
        files = [*sorted(linter.python_files([shop])), shop / ".github/plain.py"]
        found = [d for path in reversed(files) for d in linter.lint_file(path)]
        assert set(found) <= set(expected.diagnostics)
        assert found
    for _ in range(2):
        here = [d.code for d in linter.lint_file(shop / ".github/tasks.py")]
        assert here == ([] if for_flake8 else ["CEL504"])
    assert linter.lint_file(files[0]) == Linter(Selection(), for_flake8=for_flake8).lint_file(files[0])
    linter.finish()
    assert run(shop, for_flake8=for_flake8) == expected


def test_a_buffer_needs_nothing_of_what_was_found_earlier(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(shop)
    file, buffer = shop / "shop/tasks.py", FILES["shop/tasks.py"].replace("print(order_id)", "pass").encode()
    write(shop / "shop/views.py", FILES["shop/views.py"] + "\n\ndef more(request):\n    ship.delay(1, 2, 3)\n")
    fresh = Linter(Selection(), use_cache=False).lint_file(file, buffer)
    built: list[Project] = []
    modules = Project.__dict__["modules"].func

    def build(project: Project) -> object:
        built.append(project)
        return modules(project)

    monkeypatch.setattr(Project.__dict__["modules"], "func", build)
    for _ in range(2):
        linter = Linter(Selection())
        assert linter.lint_file(file, buffer) == fresh
        linter.finish()
        assert len(built) == 1
        built.clear()
    # what was read for it is kept
    kept = Store.open(shop).known("shop/views.py")
    assert kept is not None
    assert kept.facts is not None
    assert kept.size == (shop / "shop/views.py").stat().st_size
    # a buffer that is as the file takes what was found
    views = shop / "shop/views.py"
    found = run(shop).diagnostics
    built.clear()
    linter = Linter(Selection())
    assert linter.lint_file(views, views.read_bytes()) == [d for d in found if d.path == str(views)]
    assert not built
