"""What stays in the result backend of a task that reads a file of 1,100,000 characters."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 3


def experiment(lab: Lab) -> str:
    (lab.folder / "catalogue.txt").write_text("book 12.50\n" * 100_000, "utf-8")
    lab.worker("shop.tasks", pool="solo")
    task = lab.send("shop.tasks.load_catalogue", "catalogue.txt")
    outcome = lab.outcome(task)
    with lab.backend_client() as client:
        size, seconds = client.strlen(f"celery-task-meta-{task}"), client.ttl(f"celery-task-meta-{task}")
    stored = "more than 1,000,000" if size > 1_000_000 else "less than 1,000" if size < 1000 else f"{size:,}"
    return f"{outcome}, {stored} bytes are stored for {round(seconds / 86400)} day"
