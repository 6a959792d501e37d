"""What becomes of a task whose `except Exception` stands around `self.retry()`."""

from __future__ import annotations

from celery import signature

from flake8_celery.harness import Lab, times

SECONDS = 5


def experiment(lab: Lab) -> str:
    lab.worker("shop.tasks")
    confirm = signature("shop.tasks.confirm", (7,), immutable=True, queue=lab.queue)
    task = lab.send("shop.tasks.sync_order", 7, link=confirm)
    lab.wait_ended(task, times=3)
    lab.barrier()
    return ", ".join(f"{what} {times(lab.count(what))}" for what in ("looked", "synced", "confirmed"))
