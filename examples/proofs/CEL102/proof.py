"""What a worker does with a task whose module it has not imported."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 3


def experiment(lab: Lab) -> str:
    lab.worker("shop.celery")
    outcome = lab.outcome(lab.python("web.py").out)
    ran = "ran" if lab.count("welcomed") else "did not run"
    return f"{ran}: {outcome}, {lab.left()} messages left"
