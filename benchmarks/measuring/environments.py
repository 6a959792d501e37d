"""The environments of the tools: one for each set of plugins, so that no plugin runs where it is not measured."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = "flake8-celery"
_PLUGINS = re.compile(r"^\[flake8\.extension\]\n(?:(?!\[).*\n?)*", re.MULTILINE)


@dataclass(frozen=True)
class Environment:
    name: str
    packages: tuple[str, ...]
    bare: bool = False
    """Without flake8's default plugins: `--select` would only hide what they report."""
    program: str = "flake8"
    options: tuple[str, ...] = ()
    """Of `--version`."""
    shows: tuple[str, ...] = ()
    """What `--version` must name."""


ENVIRONMENTS = (
    Environment("flake8", ("flake8",), shows=("pycodestyle", "pyflakes")),
    Environment("flake8-ours", ("flake8", OURS), shows=("pycodestyle", "pyflakes", OURS)),
    Environment("bare", ("flake8",), bare=True),
    Environment("bare-ours", ("flake8", OURS), bare=True, shows=(OURS,)),
    Environment("flake8-pie", ("flake8", "flake8-pie"), bare=True, shows=("flake8-pie",)),
    Environment("flake8-bugbear", ("flake8", "flake8-bugbear"), bare=True, shows=("flake8-bugbear",)),
    Environment("flake8-async", ("flake8", "flake8-async"), bare=True, shows=("flake8-async",)),
    Environment("pylint", ("pylint", "pylint-celery"), program="pylint"),
    Environment("fixit", ("fixit",), program="fixit"),
    Environment("semgrep", ("semgrep",), program="semgrep", options=("--disable-version-check", "--metrics=off")),
    Environment("ruff", ("ruff",), program="ruff"),
)


def uv(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("uv")
    if program is None:
        raise SystemExit("this needs the program `uv`: pip install uv")
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    environment["UV_PYTHON_DOWNLOADS"] = "never"
    # Files of bare environments are edited: linked ones would change in the cache and in every other environment.
    environment["UV_LINK_MODE"] = "copy"
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False, env=environment)


def programs(folder: Path, name: str) -> Path:
    return folder / name / "bin"


def prepare(folder: Path, chosen: list[Environment], ours: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Install what is not there yet, and the checkout `ours` anew; the versions of all that was asked for, and why an
    environment is missing."""
    versions: dict[str, str] = {}
    missing: dict[str, str] = {}
    for environment in chosen:
        try:
            versions |= _prepare(folder, environment, ours)
        except OSError as error:  # noqa: PERF203
            missing[environment.name] = str(error)
    return versions, missing


def _prepare(folder: Path, environment: Environment, ours: Path) -> dict[str, str]:
    place = folder / environment.name
    python = place / "bin" / "python"
    stamp = place / "packages.json"
    wanted = json.dumps([sys.version, environment.packages])
    if not stamp.exists() or stamp.read_text("utf-8") != wanted:
        shutil.rmtree(place, ignore_errors=True)
        _checked(uv("venv", "--quiet", "--python", sys.executable, place))
        others = [package for package in environment.packages if package != OURS]
        _checked(uv("pip", "install", "--quiet", "--compile-bytecode", "--python", python, *others))
        stamp.write_text(wanted, "utf-8")
    if OURS in environment.packages:
        _checked(
            uv("pip", "install", "--quiet", "--compile-bytecode", "--python", python, "--reinstall-package", OURS, ours)
        )
    if environment.bare:
        for file in place.glob("lib/python*/site-packages/*.dist-info/entry_points.txt"):
            if file.parent.name.partition("-")[0] in ("flake8", "mccabe"):
                text = _PLUGINS.sub("", file.read_text("utf-8"))
                file.unlink()  # never written in place, where it could be a link
                file.write_text(text, "utf-8")
    _checked(uv("pip", "check", "--quiet", "--python", python))
    shown = subprocess.run(
        [programs(folder, environment.name) / environment.program, *environment.options, "--version"],
        capture_output=True, text=True, check=False,
        env=os.environ | {"PATH": f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "500"},
    )  # fmt: skip
    if shown.returncode:
        raise OSError(f"`{environment.program} --version` fails: {_last(shown.stderr)}")
    if environment.program == "flake8":
        named = set(re.findall(r"[\w-]+(?=:\s)", shown.stdout)) - {"mccabe"}
        if named != set(environment.shows):
            raise OSError(f"flake8 has other plugins than it should: {shown.stdout}")
    listed = json.loads(_checked(uv("pip", "list", "--format=json", "--python", python)))
    found = {package["name"].lower(): package["version"] for package in listed}
    return {package: found[package] for package in environment.packages}


def _checked(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode:
        raise OSError(_last(done.stderr))
    return done.stdout


def _last(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no reason given")


def download(package: str, folder: Path) -> str:
    """Put the files of a package from the index into `folder`; what they are."""
    known = folder / "setup.cfg"  # marks the root of a project
    if not known.exists():
        shutil.rmtree(folder, ignore_errors=True)
        options = ("--quiet", "--no-deps", "--no-build", "--python", sys.executable, "--target", folder)
        _checked(uv("pip", "install", *options, package))
        found = next(entry.name for entry in folder.glob("*.dist-info"))
        for entry in folder.iterdir():
            if entry.name in ("bin", ".lock") or entry.name.endswith(".dist-info"):
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        version = found.removesuffix(".dist-info").partition("-")[2]
        known.write_text(f"# {package} {version} from the package index\n", "utf-8")
    return known.read_text("utf-8").strip("# \n")
