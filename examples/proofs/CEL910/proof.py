"""How often a task with a mistake in it runs."""

from __future__ import annotations

from flake8_celery.harness import Lab, times

SECONDS = 4


def experiment(lab: Lab) -> str:
    lab.worker("shop.tasks")
    outcome = lab.outcome(lab.send("shop.tasks.share", 10, []))
    return f"ran {times(lab.count('ran'))}, {outcome}"
