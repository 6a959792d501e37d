"""The hooks for pre-commit and prek: their metadata, and both programs on a repository with real hooks in it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from identify.identify import tags_from_path

from flake8_celery.kinds import is_deployment_file
from tests.checkout import ROOT, copy, git

HOOKS: dict[str, dict[str, Any]] = {
    hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
}

DEPLOYMENT = [
    "compose.yaml",
    "docker-compose.prod.yml",
    "deploy/docker-compose.yml.j2",
    "k8s/worker.yaml",
    "chart/values-prod.yaml",
    "Procfile",
    "Procfile.dev",
    "Dockerfile",
    "docker/Dockerfile.worker",
    "worker.dockerfile",
    "Containerfile",
    "celery.service",
    "worker.service.j2",
    "supervisord.conf",
    "supervisor-app.ini",
    "celery.ini",
    "bin/start.sh",
    "run.bash",
    "docker-entrypoint",
    "entrypoint",
    "scripts/start",
    "scripts/start-worker",
    "start_celery",
    "Makefile",
    "GNUmakefile",
    "tools.mk",
    "requirements.txt",
    "requirements-dev.in",
    "requirements/base.txt",
    "setup.cfg",
    "pyproject.toml",
    "Pipfile",
    ".env",
    ".env.prod",
    ".env_local",
    "worker.env",
    "env.example",
]


@pytest.mark.parametrize("name", DEPLOYMENT)
def test_deployment_files_run_the_hook(name: str, tmp_path: Path) -> None:
    assert is_deployment_file(name), "not a good example"
    assert re.search(HOOKS["flake8-celery"]["files"], name)
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("celery\n", "utf-8")
    assert set(HOOKS["flake8-celery"]["types"]) <= tags_from_path(str(file))


@pytest.mark.parametrize("name", ["README.md", "shop/templates/mail.html", "a.js", "data.json", "a.pyc", "LICENSE"])
def test_other_files_do_not(name: str) -> None:
    assert not re.search(HOOKS["flake8-celery"]["files"], name)


def test_hooks_take_names_and_run_once() -> None:
    assert set(HOOKS) == {"flake8-celery", "flake8-celery-fix"}
    for hook in HOOKS.values():
        assert hook["language"] == "python"
        assert hook["require_serial"] is True
        assert "pass_filenames" not in hook
    assert HOOKS["flake8-celery-fix"]["types"] == ["python"]


# --- real runs

TASKS = """\
from celery import shared_task


@shared_task
def greet(name):
    print(name)
"""
FIXED = """\
from celery import shared_task
from celery.utils.log import get_task_logger

logger = get_task_logger(__name__)


@shared_task
def greet(name):
    logger.info("%s", name)
"""
COMPOSE = "services:\n  one:\n    command: celery -A shop beat\n  two:\n    command: celery -A shop beat\n"
OFFLINE = re.compile(
    r"NewConnectionError|Temporary failure in name resolution|[Ff]ailed to (?:fetch|connect|resolve)|dns error"
    r"|Network is unreachable|ConnectTimeout"
)


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A repository with the hooks, and its revision."""
    folder = tmp_path_factory.mktemp("hooks")
    return folder, copy(folder)


@pytest.fixture
def project(tmp_path: Path, hooks: tuple[Path, str]) -> Path:
    """A repository whose commits both hooks look at."""
    folder = tmp_path / "project"
    (folder / "shop").mkdir(parents=True)
    (folder / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {hooks[0].as_uri()}\n    rev: {hooks[1]}\n    hooks:\n"
        "      - id: flake8-celery-fix\n      - id: flake8-celery\n",
        "utf-8",
    )
    (folder / "pyproject.toml").write_text("[tool.flake8-celery]\nselect = ['CEL208', 'CEL703']\n", "utf-8")
    (folder / "shop" / "__init__.py").write_text("", "utf-8")
    (folder / "shop" / "celery.py").write_text("from celery import Celery\n\napp = Celery('shop')\n", "utf-8")
    (folder / "shop" / "tasks.py").write_text(TASKS, "utf-8")
    (folder / "compose.yaml").write_text(COMPOSE, "utf-8")
    (folder / "mkdocs.yml").write_text("site_name: [celery\n", "utf-8")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    return folder


@pytest.fixture(scope="module", params=["pre-commit", "prek"])
def tool(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Tool:
    if request.param == "prek" and not any((shutil.which("uv"), os.environ.get("UV"), find_spec("pip"))):
        pytest.skip("prek needs uv, or a Python with pip, to install hooks")
    return Tool(request.param, tmp_path_factory.mktemp(request.param))


class Tool:
    """One of the programs that run hooks, with a folder of its own for what it installs. prek installs with uv."""

    def __init__(self, name: str, home: Path) -> None:
        found = shutil.which(name, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
        assert found, f"{name} is in the dependency group `test`"
        self._program = found
        self._environment = {
            **{k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV", "SKIP")},
            "PATH": os.pathsep.join(filter(None, [os.environ["PATH"], os.path.dirname(os.environ.get("UV", ""))])),
            "PRE_COMMIT_HOME": str(home),
            "PREK_HOME": str(home),
            "FLAKE8_CELERY_CACHE_DIR": str(home / "facts"),
            "UV_PYTHON_DOWNLOADS": "never",
            "NO_COLOR": "1",
        }

    def run(self, project: Path, *arguments: str) -> tuple[int, str]:
        """Exit code and output of `run`, which installs the hooks when it is called first."""
        done = subprocess.run(
            [self._program, "run", *arguments],
            cwd=project,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        output = done.stdout + done.stderr
        if done.returncode not in (0, 1) and OFFLINE.search(output):
            pytest.skip("no package index can be reached, so that no hook can be installed")
        return done.returncode, output


def test_the_configuration_is_right(project: Path, hooks: tuple[Path, str]) -> None:
    from pre_commit.clientlib import load_config, load_manifest

    assert [hook["id"] for hook in load_manifest(ROOT / ".pre-commit-hooks.yaml")] == list(HOOKS)
    assert load_config(project / ".pre-commit-config.yaml")["repos"][0]["rev"] == hooks[1]


def test_a_commit_is_repaired_and_reported_until_it_is_clean(tool: Tool, project: Path) -> None:
    code, output = tool.run(project)
    assert code == 1, output
    assert (project / "shop" / "tasks.py").read_text("utf-8") == FIXED, output
    assert "compose.yaml:5:14: CEL703 " in output
    assert "CEL208" in output  # what was repaired
    assert "mkdocs" not in output  # no deployment file, and no Python
    (project / "compose.yaml").write_text("services: {}\n", "utf-8")
    git(project, "add", "--all")
    code, output = tool.run(project)
    assert code == 0, output
    assert output.count("Passed") == 2
    git(project, "commit", "--quiet", "--message=clean")
    (project / "README.md").write_text("celery\n", "utf-8")
    git(project, "add", "--all")
    code, output = tool.run(project)
    assert code == 0, output
    assert output.count("Skipped") == 2


def test_a_deployment_file_alone_runs_the_check(tool: Tool, project: Path) -> None:
    (project / "shop" / "tasks.py").write_text(FIXED, "utf-8")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message=first")
    (project / "compose.yaml").write_text(COMPOSE + "  three:\n    image: redis\n", "utf-8")
    git(project, "add", "--all")
    code, output = tool.run(project)
    assert code == 1, output
    assert "compose.yaml:5:14: CEL703 " in output
    assert output.count("Skipped") == 1


def test_all_files_and_a_baseline(tool: Tool, project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flake8_celery", "check", "--no-cache", "--write-baseline"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    git(project, "add", "--all")
    code, output = tool.run(project, "--all-files")
    assert code == 0, output
    assert (project / "shop" / "tasks.py").read_text("utf-8") == TASKS
    assert output.count("Passed") == 2
