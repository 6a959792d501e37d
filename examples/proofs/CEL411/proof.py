"""How often a task runs whose retry is put off for longer than the visibility timeout."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 9
BROKERS = ("redis", "rabbitmq")
CELERY = ">=5.7"  # what the code sets to have a short look at the messages is read by its kombu


def experiment(lab: Lab) -> str:
    lab.worker("shop.tasks")
    task = lab.send("shop.tasks.remind", 7)
    lab.wait_ended(task, times=2)
    # the copies that the worker holds are due at the same time
    lab.until(lambda: lab.count("reminded") > 1, within=1)
    lab.barrier()
    return f"reminded {'once' if lab.count('reminded') == 1 else 'more than once'}"
