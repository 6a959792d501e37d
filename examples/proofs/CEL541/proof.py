"""What a client sees that calls a method of a task."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 1


def experiment(lab: Lab) -> str:
    ran = lab.python("-c", "from docs import publish; publish(7)")
    return ran.err.splitlines()[-1] if ran.code else f"{lab.left(within=0)} message is in the queue"
