"""What a worker does with a task that the task's own module sends, run as a script."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 3
FRESH = True


def experiment(lab: Lab) -> str:
    lab.worker("tasks")
    name, identifier = lab.python("tasks.py").out.split()
    outcome = lab.outcome(identifier)
    ran = "ran" if lab.count("added") else "did not run"
    return f"sent as {name}, {ran}: {outcome}, {lab.left()} messages left"
