"""What the next worker finds of a task whose worker was killed."""

from __future__ import annotations

from flake8_celery.harness import Lab, times

SECONDS = 5
BROKERS = ("redis", "rabbitmq")


def experiment(lab: Lab) -> str:
    worker = lab.worker("shop.tasks")
    task = lab.send("shop.tasks.push_order", 7)
    lab.wait_for("started")
    if lab.variant == "bad":  # the acknowledgement comes just after the start
        lab.acknowledged(task)
    worker.kill()
    lab.age_unacked()
    lab.release("go")
    lab.worker("shop.tasks")
    lab.barrier()
    started, pushed = lab.count("started"), len(lab.service.requests)
    return f"started {times(started)}, pushed {times(pushed)}, {lab.outcome(task, within=0)}"
