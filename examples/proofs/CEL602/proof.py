"""How a task ends whose return value is a set."""

from __future__ import annotations

from flake8_celery.harness import Lab, times

SECONDS = 4


def experiment(lab: Lab) -> str:
    lab.worker("tasks")
    outcome = lab.outcome(lab.send("tasks.notify", [1]))
    lab.barrier()
    return f"the owner was notified {times(lab.count('notified'))}, then {outcome}"
