"""What becomes of a worker that has a task with that rate limit."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 3
FRESH = True


def experiment(lab: Lab) -> str:
    task = lab.send("report")
    worker = lab.worker("tasks", ready=False)
    lab.until(lambda: not worker.alive or lab.started(task))
    if worker.alive:
        return f"the worker started: {lab.outcome(task)}, {lab.left()} messages left"
    error = worker.log.strip().splitlines()[-1]
    return f"the worker died at its start with {error}, {lab.left(within=0)} message left"
