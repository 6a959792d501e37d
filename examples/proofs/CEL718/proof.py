"""How many runs of a periodic task there are at a time that takes longer than its period."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 4


def experiment(lab: Lab) -> str:
    lab.worker("shop.celery", concurrency=2)
    lab.beat("shop.celery")
    lab.until(lambda: lab.count("started") + lab.count("passed") >= 2)
    runs = lab.count("started")
    lab.release("go")
    return f"{runs} runs at the same time" if runs > 1 else "one run, and the next passes"
