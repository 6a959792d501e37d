"""Write flake8_celery/knowledge/settings.py from the Celery that is installed.

    python scripts/generate_settings.py

The linter never imports Celery; what it knows about setting names is a snapshot that a test compares with Celery.
"""

from __future__ import annotations

from pathlib import Path

import celery
from celery.app.defaults import _TO_NEW_KEY, SETTING_KEYS
from celery.app.task import Task

TARGET = Path(__file__).parent.parent / "flake8_celery" / "knowledge" / "settings.py"


def render() -> str:
    """The text of the module."""
    lines = [
        f'"""Names of settings and task options: a snapshot of Celery {celery.__version__}.',
        "",
        "Written by scripts/generate_settings.py from `celery.app.defaults` and `Task.from_config`: do not edit.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "MODERN: frozenset[str] = frozenset(",
        "    {",
        *(f'        "{name}",' for name in sorted(SETTING_KEYS)),
        "    }",
        ")",
        '"""The lower-case names that Celery reads."""',
        "",
        "OLD_TO_MODERN: dict[str, str] = {",
        *(f'    "{old}": "{new}",' for old, new in sorted(_TO_NEW_KEY.items())),
        "}",
        '"""The upper-case names, as read without a namespace, with the modern name of each."""',
        "",
        "OPTION_TO_SETTING: dict[str, str] = {",
        *(f'    "{option}": "{setting}",' for option, setting in Task.from_config),
        "}",
        '"""The task options that fall back to a setting, with that setting."""',
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    TARGET.write_text(render(), "utf-8")
