"""What becomes of calls of a task that takes self, and of a retry, without bind=True."""

from __future__ import annotations

from flake8_celery.harness import Lab, times

SECONDS = 3


def experiment(lab: Lab) -> str:
    called = lab.python("calls.py")
    sent = f"raised {called.error}" if called.code else "sent it"
    lab.worker("shop.tasks")
    outcome = lab.outcome(lab.send("shop.tasks.pack", 7))
    return f"ship.delay(7) {sent}; pack ran {times(lab.count('packing'))}: {outcome}"
