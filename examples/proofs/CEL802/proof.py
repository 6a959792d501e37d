"""What becomes of a worker whose configuration mixes old and new names."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 3
FRESH = True


def experiment(lab: Lab) -> str:
    task = lab.send("export")
    worker = lab.worker("tasks", ready=False)
    lab.until(lambda: not worker.alive or lab.started(task))
    if worker.alive:
        return f"the worker started: {lab.outcome(task)}, {lab.left()} messages left"
    mixed = "ImproperlyConfigured" in worker.log and "Cannot mix new and old setting keys" in worker.log
    why = "ImproperlyConfigured: Cannot mix new and old setting keys" if mixed else "another error"
    return f"the worker died at its start with {why}, {lab.left(within=0)} message left"
