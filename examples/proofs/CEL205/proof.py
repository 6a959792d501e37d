"""What is missing where another decorator stands above the task decorator."""

from __future__ import annotations

from flake8_celery.harness import Lab, times

SECONDS = 3


def experiment(lab: Lab) -> str:
    called = lab.python("calls.py")
    sent = f"raised {called.error}" if called.code else "sent it"
    lab.worker("shop.tasks")
    task = lab.send("shop.tasks.ship", 8)
    outcome = lab.outcome(task)
    locked = "with" if lab.count("lock taken", 8) else "without"
    return f"ship.delay(7) {sent}; sent by name: {outcome}, ran {times(lab.count('shipped', 8))} {locked} the lock"
