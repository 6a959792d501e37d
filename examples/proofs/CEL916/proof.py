"""What the worker's log says of the task that wrote a line."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 4


def experiment(lab: Lab) -> str:
    worker = lab.worker("shop.tasks")
    tasks = [lab.send("shop.tasks.ship", number) for number in range(2)]
    for task in tasks:
        lab.wait_ended(task)
    lab.until(lambda: worker.log.count("is packed") == len(tasks))
    lines = [line for line in worker.log.splitlines() if "is packed" in line]
    told = sum(f"shop.tasks.ship[{task}]" in line for task, line in zip(tasks, lines, strict=True))
    return f"{len(lines)} lines, {told} with the name and id of their task"
