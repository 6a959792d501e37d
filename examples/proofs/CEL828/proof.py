"""What a start script does whose worker gets the application behind or before the sub-command."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 4


def experiment(lab: Lab) -> str:
    worker = lab.start(["sh", "start.sh"])
    lab.until(lambda: not worker.alive or " ready." in worker.log, within=60)
    if worker.alive:
        return "the worker is ready" if " ready." in worker.log else worker.tail()
    return f"the script ends with {worker.wait()}: {worker.log.strip().rpartition('Error: ')[2]}"
