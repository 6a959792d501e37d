"""When a task runs that a client west of Greenwich has sent for an hour from now."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 3


def experiment(lab: Lab) -> str:
    worker = lab.worker("shop.tasks")
    identifier = lab.python("order.py", env={"TZ": "EST5"}).out
    lab.until(lambda: identifier in worker.log)
    lab.barrier()
    return "the task ran at once" if lab.count("reminded") else "the worker keeps the task for later"
