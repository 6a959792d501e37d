"""Whether workers start that have a lambda or a partial function as a task."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 4
FRESH = True


def experiment(lab: Lab) -> str:
    workers = {app: lab.worker(f"shop.{app}", queues=app, ready=False) for app in ("orders", "labels")}
    tasks = {"orders": "ship", "labels": "print_small_label"}
    seen = []
    for app, worker in workers.items():
        task = lab.send(tasks[app], 7, queue=app)
        lab.until(lambda worker=worker, task=task: not worker.alive or lab.started(task))
        if worker.alive:
            seen.append(f"{tasks[app]}: {lab.outcome(task)}")
        else:
            reason = next(text for text in ("SyntaxError", "has no attribute '__name__'") if text in worker.log)
            seen.append(f"{tasks[app]}: the worker stopped at start, {reason}")
    return "; ".join(seen)
