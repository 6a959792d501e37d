"""What a module that imports from `celery.task` does."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 1


def experiment(lab: Lab) -> str:
    ran = lab.python("tasks.py")
    if ran.code:
        return f"raised {ran.err.splitlines()[-1]}"
    return f"the task was sent, {lab.left(within=0)} message left"
