"""How a task ends, and after how many runs, that is to give up."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 4


def experiment(lab: Lab) -> str:
    lab.worker("tasks")
    outcome = lab.outcome(lab.send("tasks.update", 404))
    runs = lab.count("run")
    return f"{outcome} after {runs} run{'s' if runs > 1 else ''}"
