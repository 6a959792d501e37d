"""What a worker says about a misspelt package, and what it does with the package's task."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 2
TASKS = ("orders.tasks.ship", "invoices.tasks.remind")


def experiment(lab: Lab) -> str:
    worker = lab.worker("shop.celery")
    complaints = [
        line for line in worker.log.splitlines() if "invoice" in line and ("WARNING" in line or "ERROR" in line)
    ]
    said = "with a complaint" if complaints else "without a complaint"
    outcomes = {name: lab.outcome(lab.send(f"shop.{name}", 7)) for name in TASKS}
    ended = ", ".join(f"`{name.rpartition('.')[2]}`: {outcome}" for name, outcome in outcomes.items())
    return f"the worker started {said}; {ended}"
