"""What a service that never answers does to a task, and to the one behind it, with one process to run them."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 6


def experiment(lab: Lab) -> str:
    service = lab.http("hang")
    lab.worker("shop.tasks")
    asks = lab.send("shop.tasks.sync_rates", "EUR")
    lab.until(lambda: service.requests)
    behind = lab.send("shop.tasks.send_receipt", 7)
    came = lab.comes(lambda: lab.count("receipt"), with_="good", otherwise=3)
    seen = [lab.outcome(task, within=30 if came else 0) for task in (asks, behind)]
    return "the task that asks: {}; the one behind it: {}".format(*seen)
