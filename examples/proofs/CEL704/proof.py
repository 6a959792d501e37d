"""What becomes of a schedule entry that names a task which is not there."""

from __future__ import annotations

import json

from flake8_celery.harness import Lab

SECONDS = 4


def experiment(lab: Lab) -> str:
    lab.worker("shop.celery")
    beat = lab.beat("shop.celery")
    lab.until(lambda: len(states(lab)) >= 2)
    sent = "again and again" if beat.log.count("Sending due task invoices") >= 2 else "not twice"
    ran = "ran" if lab.count("invoices") else "never ran"
    return f"beat sent it {sent}, each time {' or '.join(sorted(set(states(lab))))}, the task {ran}"


def states(lab: Lab) -> list[str]:
    """How what beat has sent has ended so far."""
    with lab.backend_client() as client:
        results = [json.loads(client.get(key)) for key in client.keys("celery-task-meta-*")]
    return [r["status"] + (f" ({r['result']['exc_type']})" if r["status"] == "FAILURE" else "") for r in results]
