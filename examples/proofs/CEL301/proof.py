"""What becomes of a task whose request is answered by 503 once."""

from __future__ import annotations

from flake8_celery.harness import Lab, times

SECONDS = 3


def experiment(lab: Lab) -> str:
    service = lab.http(503)
    lab.worker("shop.tasks")
    outcome = lab.outcome(lab.send("shop.tasks.sync_rates", "EUR"))
    stored = "stored" if lab.count("rate stored") else "not stored"
    return f"asked {times(len(service.requests))}, the rate is {stored}: {outcome}"
