"""How often a late acknowledged task is begun that runs for longer than the visibility timeout."""

from __future__ import annotations

import time

from flake8_celery.harness import Lab, times

SECONDS = 6


def experiment(lab: Lab) -> str:
    lab.worker("shop.tasks")
    task = lab.send("shop.tasks.export", "orders")
    lab.wait_for("export")
    with lab.broker_client() as client:
        [(_, taken)] = client.zrange("unacked_index", 0, -1, withscores=True)
    lab.until(lambda: time.time() > taken + 1.5)
    lab.worker("shop.tasks")
    # the first worker is busy, and takes nothing more: either this or the task is what the second one begins with
    other = lab.send("celery.accumulate")
    lab.until(lambda: lab.started(task) > 1 or lab.started(other))
    return f"begun before it has come to its end: {times(lab.started(task))}"
