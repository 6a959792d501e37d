"""What a task ends with whose retries are used up."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 5


def experiment(lab: Lab) -> str:
    lab.worker("tasks")
    identifier = lab.send("tasks.build_file", 7)
    outcome = lab.outcome(identifier)
    return f"{outcome}: {' '.join(map(str, lab.result(identifier)['exc_message']))}"
