"""What tasks whose results nobody reads leave in the result backend."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 4


def experiment(lab: Lab) -> str:
    lab.worker("shop.tasks")
    for number in range(3):
        lab.wait_ended(lab.send("shop.tasks.ship", number))
    with lab.backend_client() as backend:
        keys = backend.keys("celery-task-meta-*")
    return f"{lab.count('shipped')} runs, {len(keys)} keys in the result backend"
