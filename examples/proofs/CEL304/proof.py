"""What `max_retries` does for a task that nothing retries."""

from __future__ import annotations

from flake8_celery.harness import Lab, times

SECONDS = 4


def experiment(lab: Lab) -> str:
    erp = lab.http(503, 503)  # then 200
    lab.worker("shop.tasks")
    task = lab.send("shop.tasks.push_order", 7)
    outcome = lab.outcome(task)
    return f"sent {times(len(erp.requests))}, {outcome}"
