"""What a worker with the options of the Procfile does when more tasks wait than it runs."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 6


def experiment(lab: Lab) -> str:
    command = (lab.folder / "Procfile").read_text("utf-8").split()[1:]
    worker = lab.start(command)
    lab.wait_ready(worker)
    for _ in range(6):
        lab.send("shop.tasks.wait")
    lab.until(lambda: "Unrecoverable error" in worker.log or lab.count("started") == 3, within=60)
    running = lab.count("started")
    lab.release("done")
    if "Unrecoverable error" not in worker.log:
        return f"{'three' if running == 3 else running} tasks run at a time"
    return f"the worker ends: {worker.log.partition('Unrecoverable error: ')[2].partition('(')[0]}: " + next(
        line.partition(": ")[2] for line in worker.log.splitlines() if line.startswith("AttributeError: ")
    )
