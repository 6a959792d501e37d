"""Whether a task finds an event loop: in a process that has run another one, and in a thread."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 5
FRESH = True


def experiment(lab: Lab) -> str:
    threads = lab.worker("shop.tasks", pool="threads", queues="threads", ready=False)
    lab.worker("shop.tasks")
    lab.wait_ready(threads)
    lab.outcome(lab.send("shop.tasks.warm_up"))
    prefork = lab.outcome(lab.send("shop.tasks.update_rates"))
    thread = lab.outcome(lab.send("shop.tasks.update_rates", queue="threads"))
    return f"prefork, after `asyncio.run()`: {prefork}; threads: {thread}"
