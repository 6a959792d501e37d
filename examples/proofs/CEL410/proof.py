"""What becomes of tasks that run for longer than their limits, in the pool that the Procfile names."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 7
FRESH = True


def experiment(lab: Lab) -> str:
    command = (lab.folder / "Procfile").read_text("utf-8").split()
    pool = command[command.index("--pool") + 1]
    lab.worker("shop.tasks", pool=pool, concurrency=2)
    tasks = {limit: lab.send(f"shop.tasks.{limit}") for limit in ("soft", "hard")}
    lab.wait_for("started", times=2)
    # each has a limit of one second
    within = 30 if pool == "prefork" else 3
    for task in tasks.values():
        lab.outcome(task, within)
    lab.release("done")
    return "; ".join(f"{limit} limit: {lab.outcome(task)}" for limit, task in tasks.items())
