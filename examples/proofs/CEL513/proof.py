"""How often a task is sent by one worker and two commands that import it."""

from __future__ import annotations

from flake8_celery.harness import Lab, times

SECONDS = 5


def experiment(lab: Lab) -> str:
    lab.worker("shop.tasks")
    for _ in range(2):
        assert lab.python("-c", "import shop.views").code == 0
    lab.wait_for("warmed up")
    lab.barrier()
    return f"one worker and two commands started: ran {times(lab.count('warmed up'))}"
