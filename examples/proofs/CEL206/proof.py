"""What becomes of a task that is a method, and of one that is a class."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 3


def experiment(lab: Lab) -> str:
    called = lab.python("calls.py")
    sent = f"raised {called.error}" if called.code else "was sent"
    lab.worker("shop.labels", queues="labels")
    outcome = lab.outcome(lab.send("print_label", queue="labels"))
    ran = "ran" if lab.count("printed") else "did not run"
    return f"the method {sent}; the run method of the class {ran}: {outcome}"
