"""What becomes of a late acknowledged task whose pool process is killed."""

from __future__ import annotations

from flake8_celery.harness import Lab, times

SECONDS = 4
BROKERS = ("redis", "rabbitmq")
CELERY = ">=5.7"


def experiment(lab: Lab) -> str:
    worker = lab.worker("shop.tasks")
    task = lab.send("shop.tasks.resize", "a.jpg")
    lab.wait_for("started")
    worker.kill_child()
    lab.release("go")
    outcome = lab.outcome(task)
    return f"started {times(lab.count('started'))}, {outcome}, {lab.left()} messages left"
