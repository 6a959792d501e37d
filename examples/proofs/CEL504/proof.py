"""Where arguments that do not fit are found: in the caller, in the worker, or when a task is retried."""

from __future__ import annotations

from flake8_celery.harness import Lab, times

SECONDS = 4


def experiment(lab: Lab) -> str:
    lab.worker("shop.tasks")
    delayed, named, retried = lab.python("checkout.py").out.split()
    outcomes = lab.outcome(named), lab.outcome(retried)
    tries = times(lab.count("fetch"))
    return f"delay: {delayed}; send_task: {outcomes[0]}; the task that retries ran {tries}: {outcomes[1]}"
