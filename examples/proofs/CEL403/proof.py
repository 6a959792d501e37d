"""What a soft limit above the hard one does to the caller, and an equal one to the clean-up of the task."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 6


def experiment(lab: Lab) -> str:
    called = lab.python("request.py")
    sent = f"raises {called.error}" if called.code else "sends it"
    lab.worker("shop.tasks")
    outcome = lab.outcome(lab.send("shop.tasks.export", "orders.csv"))
    cleaned = "cleaned up" if lab.count("cleaned up") else "not cleaned up"
    return f"`import_prices.delay()` {sent}; `export`: {outcome}, {cleaned}"
