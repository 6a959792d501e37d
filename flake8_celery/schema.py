"""The JSON schema of `[tool.flake8-celery]`, as validate-pyproject asks for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def schema(_: str = "flake8-celery") -> Any:
    """The schema that `scripts/configuration.py` writes; the argument is the name of the table below `tool`."""
    return json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
