"""The action, the workflows and the recipes for CI: valid, pinned, and without more rights than they need."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.checkout import ROOT, copy

ACTION = ROOT / "action.yml"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FENCE = re.compile(r"^```(\w+)(?: +path=(\S+))?\n(.*?)^```", re.MULTILINE | re.DOTALL)


def load(path: Path) -> Any:
    return yaml.load(path.read_text("utf-8"), yaml.BaseLoader)  # all scalars are strings: "on" too


def run(*arguments: str | Path) -> str:
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def recipes() -> dict[str, str]:
    """The blocks in docs/ci.md that say what file they are, by its path."""
    text = (ROOT / "docs" / "ci.md").read_text("utf-8")
    return {path: block for _, path, block in FENCE.findall(text) if path}


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("github-workflows", WORKFLOWS),
        ("github-actions", [ACTION]),
        ("dependabot", [ROOT / ".github" / "dependabot.yml"]),
    ],
)
def test_schemas(schema: str, files: list[Path]) -> None:
    assert files
    run("check_jsonschema", "--builtin-schema", f"vendor.{schema}", *files)


def test_the_linter_of_workflows_finds_nothing() -> None:
    zizmor = shutil.which("zizmor", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    assert zizmor, "zizmor is in the dependency group `test`"
    done = subprocess.run(
        [zizmor, "--offline", "--no-config", "--format=plain", ".github", "action.yml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def steps(document: Any) -> Iterator[dict[str, Any]]:
    for job in document.get("jobs", {"": document.get("runs", {})}).values():
        yield from job.get("steps", [])


def test_actions_are_pinned_and_everywhere_the_same() -> None:
    pins: dict[str, set[str]] = {}
    for path in [ACTION, *WORKFLOWS]:
        text = path.read_text("utf-8")
        used = re.findall(r"uses: (\S+)(.*)", text)
        assert len(used) == text.count("uses:")
        for uses, rest in used:
            if uses.startswith("./"):
                assert (ROOT / uses).is_file()
                continue
            assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", uses), uses
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", rest), uses
            pins.setdefault(uses.partition("@")[0], set()).add(uses + rest)
    assert {name: len(found) for name, found in pins.items()} == dict.fromkeys(pins, 1)


def test_jobs_have_no_more_rights_than_they_need() -> None:
    granted = {}
    for path in WORKFLOWS:
        document = load(path)
        assert document["permissions"] == {}, path.name
        for name, job in document["jobs"].items():
            granted[f"{path.stem}.{name}"] = job["permissions"]
        for step in steps(document):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] == "false"
    assert granted.pop("release.publish") == {"id-token": "write"}
    assert granted
    assert all(rights == {"contents": "read"} for rights in granted.values())


def test_what_is_published_was_checked_and_built_before_and_needs_no_password() -> None:
    jobs = load(ROOT / ".github" / "workflows" / "release.yml")["jobs"]
    assert jobs["build"]["needs"] == "check"
    assert jobs["publish"]["needs"] == "build"
    assert jobs["publish"]["environment"]["name"] == "pypi"
    (publish,) = (s for s in jobs["publish"]["steps"] if "pypi-publish" in s["uses"])
    assert "with" not in publish
    assert "secrets." not in (ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8")


@pytest.mark.parametrize(("tag", "code"), [("v{}", 0), ("{}", 1), ("v9.9.9", 1)])
def test_a_tag_of_another_version_is_not_released(tag: str, code: int) -> None:
    from flake8_celery import __version__

    jobs = load(ROOT / ".github" / "workflows" / "release.yml")["jobs"]
    (step,) = (s for s in jobs["build"]["steps"] if s.get("name", "").startswith("The tag"))
    environment = {**os.environ, "GITHUB_REF_NAME": tag.format(__version__)}
    done = subprocess.run(
        ["bash", "-e", "-c", step["run"]], cwd=ROOT, env=environment, check=False, capture_output=True
    )
    assert done.returncode == code


def test_all_supported_versions_of_python_are_tested() -> None:
    matrix = load(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["test"]["strategy"]["matrix"]["python"]
    classified = re.findall(
        r'"Programming Language :: Python :: (3\.\d+)"', (ROOT / "pyproject.toml").read_text("utf-8")
    )
    assert matrix == classified


# --- the action, as its step runs it


@pytest.fixture(scope="module")
def action(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The action's folder as a runner lays it out."""
    folder = tmp_path_factory.mktemp("action")
    copy(folder)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "a project"
    (folder / "shop").mkdir(parents=True)
    (folder / "setup.cfg").write_text("", "utf-8")
    (folder / "shop" / "tasks.py").write_text(
        "from celery import shared_task\n\n\n@shared_task\ndef greet(name):\n    print(name)\n", "utf-8"
    )
    return folder


def act(action: Path, project: Path, **inputs: str) -> tuple[int, str]:
    """Run the action's own step with inputs, the others as `action.yml` has them."""
    uv = os.environ.get("UV") or shutil.which("uv")
    if not uv:
        pytest.skip("no uv, which the action installs first")
    document = load(action / "action.yml")
    given = {name: each["default"] for name, each in document["inputs"].items()} | inputs
    *_, step = document["runs"]["steps"]
    environment = {
        **{k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")},
        "PATH": os.pathsep.join([str(Path(uv).parent), os.environ["PATH"]]),
        "FLAKE8_CELERY_CACHE_DIR": str(project.parent / "cache"),
        "UV_PYTHON_DOWNLOADS": "never",
    }
    for name, value in step["env"].items():
        match = re.fullmatch(r"\$\{\{ (?:inputs\.([\w-]+)|github\.action_path) \}\}", value)
        assert match, value
        environment[name] = given[match[1]] if match[1] else str(action)
    assert "${{" not in step["run"]
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if "ailed to fetch" in done.stderr or "dns error" in done.stderr:
        pytest.skip("no package index can be reached, so that nothing can be installed")
    return done.returncode, done.stdout + done.stderr


def test_the_action_reports_in_the_log(action: Path, project: Path) -> None:
    code, output = act(action, project)
    assert code == 1, output
    assert re.search(r"^::warning title=CEL208 .*,file=shop/tasks\.py,line=6,", output, re.MULTILINE), output
    code, output = act(action, project, args="--ignore CEL208 --select CEL2")
    assert code == 0, output
    code, output = act(action, project, args="--exit-zero --select CEL208", paths="shop setup.cfg")
    assert code == 0, output
    assert "CEL208" in output


def test_the_action_writes_sarif(action: Path, project: Path) -> None:
    code, output = act(
        action, project, **{"output-format": "sarif", "output-file": "found.sarif", "args": "--exit-zero"}
    )
    assert code == 0, output
    (ran,) = json.loads((project / "found.sarif").read_text("utf-8"))["runs"]
    assert "CEL208" in {result["ruleId"] for result in ran["results"]}


def test_the_action_takes_no_word_for_a_command(action: Path, project: Path) -> None:
    code, output = act(action, project, paths="shop; touch stolen", args="--select=$(touch stolen)")
    assert code == 2, output
    assert not (project / "stolen").exists()


# --- the recipes


def test_recipes_are_valid(tmp_path: Path) -> None:
    found = recipes()
    assert set(found) >= {".github/workflows/celery.yml", ".github/workflows/scanning.yml", ".gitlab-ci.yml", "ci.sh"}
    for path, block in found.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block, "utf-8")
        if path.endswith(".yml"):
            schema = "gitlab-ci" if "gitlab" in path else "github-workflows"
            run("check_jsonschema", "--builtin-schema", f"vendor.{schema}", file)


def test_recipes_pin_the_actions_that_we_use() -> None:
    pinned = {
        u
        for path in [ACTION, *WORKFLOWS]
        for u in re.findall(r"uses: (\S+@[0-9a-f]{40} # v\S+)", path.read_text("utf-8"))
    }
    known = {use.partition("@")[0]: use for use in pinned}
    for block in recipes().values():
        for use in re.findall(r"uses: (\S+/\S+@[0-9a-f]{40} # v\S+)", block):
            assert known.get(use.partition("@")[0], use) == use


def test_the_shell_recipe_runs(project: Path, tmp_path: Path) -> None:
    script = recipes()["ci.sh"]
    scripts = tmp_path / "bin"
    scripts.mkdir()
    # what `pip install` and the new environment would do, with what is installed here
    (scripts / "flake8-celery").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m flake8_celery "$@"\n', "utf-8")
    (scripts / "flake8-celery").chmod(0o755)
    run_lines = "\n".join(line for line in script.splitlines() if "pip" not in line and "venv" not in line)
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-c", run_lines], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "shop/tasks.py:6:5: CEL208 " in done.stdout
    assert (project / "celery.xml").read_text("utf-8").startswith("<?xml")
