"""How the worker logs what a task says."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 2


def experiment(lab: Lab) -> str:
    worker = lab.worker("shop.tasks")
    task = lab.send("shop.tasks.export_orders", "2026-01-01")
    lab.until(lambda: "3 orders exported" in worker.log)
    line = next((line for line in worker.log.splitlines() if "3 orders exported" in line), "")
    level = next((level for level in ("WARNING", "INFO") if f" {level}/" in line), "without a level")
    named = "with" if f"shop.tasks.export_orders[{task}]" in line else "without"
    return f"{level}, {named} the task's name and id"
