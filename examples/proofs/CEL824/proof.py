"""Which queue a task goes to whose route names another."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 1


def experiment(lab: Lab) -> str:
    lab.python("order.py")
    with lab.broker_client() as client:
        queues = [name for name in ("celery", "mail") if client.llen(name)]
    return f"the message is in the queue {' and '.join(queues)}"
