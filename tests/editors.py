"""What the tests with real editors share: the project that they open, and how an editor runs a script."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .projects import write

TASKS = """\
from celery import shared_task


@shared_task
def charge(order):
    word = "\U0001f40d"; print(order)
    return order
"""
PRINTING = TASKS.splitlines()[5]
"""The line with the finding, behind a character that editors count differently."""
SILENCED = f"{PRINTING}  # noqa: CEL208"
_VIEWS = """\
from tasks import charge


def pay(request):
    charge.delay(1)
"""
_FILES = {
    "tasks.py": TASKS,
    "views.py": _VIEWS,
    "pyproject.toml": "[tool.flake8-celery]\nselect = ['CEL208', 'CEL504']\n",
}


def place(folder: Path) -> Path:
    """The project, below `folder`. CEL208 is found in `tasks.py`; CEL504 in `views.py`, once `charge` takes more."""
    return write(folder / "project", _FILES)


def cache(folder: Path) -> dict[str, str]:
    """The environment of a server that keeps its cache below `folder`."""
    return {"FLAKE8_CELERY_CACHE_DIR": str(folder / "facts")}


def play(command: Sequence[str], output: Path, environment: Mapping[str, str]) -> Any:
    """Run an editor with a script that writes to `output`, as JSON, what it saw; it has come to its end."""
    done = subprocess.run(
        command,
        env={**os.environ, **cache(output.parent), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert output.exists(), done.stderr
    said = json.loads(output.read_text("utf-8"))
    assert "failed" not in said, (said, done.stderr)
    assert said["done"]
    return said
