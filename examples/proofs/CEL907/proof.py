"""How many messages a thousand items are."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 3


def experiment(lab: Lab) -> str:
    assert lab.python("nightly.py").code == 0
    return f"1000 items: {lab.left(within=0)} messages"
