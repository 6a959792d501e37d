"""What stops a task whose time limit is misspelt."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 5


def experiment(lab: Lab) -> str:
    lab.worker("tasks")
    outcome = lab.outcome(lab.send("export"))
    return f"the task {'ran past' if lab.count('exported') else 'was stopped at'} its limit: {outcome}"
