"""What two pool processes count that run the same task."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 4
FRESH = True


def experiment(lab: Lab) -> str:
    lab.worker("shop.tasks", concurrency=2)
    tasks = [lab.send("shop.tasks.send_invoice", number) for number in (1, 2)]
    lab.wait_for("sending", times=2)
    lab.release("go")
    for task in tasks:
        lab.outcome(task)
    first, second = sorted(lab.result(task) for task in tasks)
    return f"two runs, counted {first} and {second}"
