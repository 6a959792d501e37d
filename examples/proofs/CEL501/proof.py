"""What becomes of a task that waits for others, with one process to run them all."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 5


def experiment(lab: Lab) -> str:
    lab.worker("shop.tasks")
    seen = []
    for task in ("total", "highest"):
        outcome = lab.outcome(lab.send(f"shop.tasks.{task}", ["book", "pen"]))
        known = lab.until(lambda task=task: lab.count(task), within=30 if outcome == "SUCCESS" else 0)
        seen.append(f"`{task}`: {outcome}, {lab.journal(task)[0][1] if known else 'no result'}")
    return "; ".join(seen)
