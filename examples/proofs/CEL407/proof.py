"""What becomes of a task that starts processes in a pool process."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 4
FRESH = True


def experiment(lab: Lab) -> str:
    lab.worker("shop.tasks")
    task = lab.send("shop.tasks.areas", [2, 3])
    outcome = lab.outcome(task)
    return f"{outcome}, {lab.result(task)}" if outcome == "SUCCESS" else outcome
