"""What two tasks of one name run when each is sent once."""

from __future__ import annotations

from flake8_celery.harness import Lab, times

SECONDS = 3


def experiment(lab: Lab) -> str:
    lab.worker("shop.celery")
    outcomes = {lab.outcome(task) for task in lab.python("checkout.py").out.split()}
    counts = sorted(lab.count(name) for name in ("invoice", "reminder"))
    return f"{' and '.join(sorted(outcomes))}: one function ran {times(counts[1])}, the other {times(counts[0])}"
