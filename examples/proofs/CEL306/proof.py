"""How often a task runs that can never succeed."""

from __future__ import annotations

from flake8_celery.harness import Lab, times

SECONDS = 4
MANY = 30


def experiment(lab: Lab) -> str:
    lab.worker("shop.tasks")
    task = lab.send("shop.tasks.push_order", 7)
    lab.until(lambda: lab.count("looked for") > MANY or lab.outcome(task, within=0).startswith("FAILURE"))
    count = lab.count("looked for")
    runs = f"more than {MANY} times" if count > MANY else times(count)
    return f"ran {runs}, {lab.outcome(task, within=0)}"
