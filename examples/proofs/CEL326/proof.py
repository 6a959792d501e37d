"""How often a task does its work that is to be put off once."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 5


def experiment(lab: Lab) -> str:
    lab.worker("tasks")
    identifier = lab.send("tasks.build")
    lab.wait_ended(identifier, times=2)
    times = lab.count("work")
    return f"the work is done {times} time{'s' if times > 1 else ''}"
