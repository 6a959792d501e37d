"""What a test that runs each declared task twice finds."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 2


def experiment(lab: Lab) -> str:
    checked = lab.python("check.py")
    if checked.code:
        return f"the test ended with {checked.error}"
    found = [f"`{name}`, run twice, left {count} shipment" for _, name, count in lab.journal("ran twice")]
    return f"tasks that say that they may run twice: {', '.join(found) or 'none'}"
