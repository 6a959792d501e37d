"""Which process runs a task that is sent."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 3


def experiment(lab: Lab) -> str:
    lab.worker("tasks")
    sender = int(lab.python("tasks.py").out)
    lab.wait_for("resized")
    runner = "the process that sent it" if lab.pids("resized") == [sender] else "a worker"
    return f"ran in {runner}"
