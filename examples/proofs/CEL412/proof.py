"""What a loop does after the soft limit has struck in its first step."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 5


def experiment(lab: Lab) -> str:
    lab.release("second")
    lab.worker("shop.tasks")
    outcome = lab.outcome(lab.send("shop.tasks.import_all", ["first", "second"]))
    fetched = ", ".join(name for _, name in lab.journal("fetch"))
    return f"fetched: {fetched}; {outcome}"
