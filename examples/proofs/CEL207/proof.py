"""What a worker does with a task that is defined in a function of the web process."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 3


def experiment(lab: Lab) -> str:
    lab.worker("shop.celery")
    outcome = lab.outcome(lab.python("request.py").out)
    ran = "ran" if lab.count("shipped") else "did not run"
    return f"{ran}: {outcome}, {lab.left()} messages left"
