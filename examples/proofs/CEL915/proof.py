"""What becomes of a task whose service does not answer at first."""

from __future__ import annotations

from flake8_celery.harness import Lab, times

SECONDS = 4


def experiment(lab: Lab) -> str:
    service = lab.http("drop", "drop")
    lab.worker("shop.tasks")
    outcome = lab.outcome(lab.send("shop.tasks.push", 7))
    answered = "an answer" if len(service.requests) > 2 else "no answer"
    return f"{outcome}, called the service {times(len(service.requests))}, got {answered}"
