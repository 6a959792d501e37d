"""Whether other tasks run while a worker with one process takes events from a list."""

from __future__ import annotations

import sys

from flake8_celery.harness import Lab, times

SECONDS = 6


def experiment(lab: Lab) -> str:
    with lab.redis() as client:
        client.lpush("orders", 7)
    lab.worker("shop.tasks")
    lab.start([sys.executable, "start.py"])
    lab.wait_for("reserved")
    task = lab.send("shop.tasks.ship", 7)
    lab.comes(lambda: lab.count("shipped"), with_="good", otherwise=3)
    return f"event handled: {times(lab.count('reserved'))}; another task ran: {times(lab.started(task))}"
