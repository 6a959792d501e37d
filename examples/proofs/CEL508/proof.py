"""What becomes of a message for a task that is not there."""

from __future__ import annotations

from flake8_celery.harness import Lab, times

SECONDS = 3


def experiment(lab: Lab) -> str:
    lab.worker("shop.celery")
    outcome = lab.outcome(lab.python("checkout.py").out)
    return f"ran: {times(lab.count('invoice'))}, {outcome}, {lab.left()} messages left"
