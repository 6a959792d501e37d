"""What is shipped: build it, install it, use it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from flake8_celery import __version__
from flake8_celery.rule import codes

ROOT = Path(__file__).parents[1]
UV = os.environ.get("UV") or shutil.which("uv")
"""Much faster than the standard tools, which do as well."""


def call(*arguments: str | Path, cwd: Path, code: int = 0) -> str:
    """Run a command outside this environment and return its output."""
    environment = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH")}
    done = subprocess.run(arguments, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution, and the source distribution."""
    folder = tmp_path_factory.mktemp("dist")
    if UV:
        call(UV, "build", "--quiet", "--out-dir", folder, ROOT, cwd=folder)
    else:
        call(sys.executable, "-m", "build", "--outdir", folder, ROOT, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def installed(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands of a clean environment with the wheel in it."""
    folder = tmp_path_factory.mktemp("venv")
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    (wheel,) = dist.glob("*.whl")
    if UV:
        call(UV, "venv", "--quiet", "--clear", "--python", sys.executable, folder, cwd=folder)
        call(UV, "pip", "install", "--quiet", "--python", folder, wheel, cwd=folder)
    else:
        call(sys.executable, "-m", "venv", folder, cwd=folder)
        call(scripts / "python", "-m", "pip", "install", "--quiet", wheel, cwd=folder)
    return scripts


def test_the_wheel_holds_the_package_and_the_pages(dist: Path) -> None:
    (path,) = dist.glob("*.whl")
    names = zipfile.ZipFile(path).namelist()
    assert {n for n in names if n.startswith("flake8_celery/pages/")} == {
        f"flake8_celery/pages/{c}.md" for c in codes()
    }
    assert {n.split("/")[0] for n in names} == {"flake8_celery", f"flake8_celery-{__version__}.dist-info"}
    assert {"flake8_celery/py.typed", "flake8_celery/schema.json"} <= set(names)


def test_the_source_distribution_holds_what_the_wheel_needs(dist: Path) -> None:
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {f"rules/{code}.md" for code in codes()} <= names
    assert {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "tests/test_packaging.py"} <= names
    assert not any(name.startswith("flake8_celery/pages") for name in names)


def test_the_tree_holds_no_copy_of_the_pages() -> None:
    assert not (ROOT / "flake8_celery" / "pages").exists()


def test_an_installation_works(installed: Path, tmp_path: Path) -> None:
    assert f"flake8-celery: {__version__}" in " ".join(call(installed / "flake8", "--version", cwd=tmp_path).split())
    assert call(installed / "flake8-celery", "--version", cwd=tmp_path) == f"flake8-celery {__version__}\n"
    assert call(installed / "flake8-celery", "rule", "CEL101", cwd=tmp_path).startswith(
        "# multiple-celery-apps (CEL101)\n"
    )
    (tmp_path / "tasks.py").write_text(
        "from celery import shared_task\n\n\n@shared_task\ndef greet(name):\n    print(name)\n", "utf-8"
    )
    for command in (["flake8"], ["flake8-celery", "check", "--no-cache"]):
        out = call(installed / command[0], *command[1:], "tasks.py", cwd=tmp_path, code=1)
        assert "tasks.py:6:5: CEL208 " in out
