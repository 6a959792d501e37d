"""How three runs of a task end that asks through an asynchronous client."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 3


def experiment(lab: Lab) -> str:
    lab.worker("shop.tasks")
    return ", ".join(lab.outcome(lab.send("shop.tasks.update_rates")) for _ in range(3))
