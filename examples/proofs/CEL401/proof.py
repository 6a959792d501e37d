"""What becomes of a task that hangs, and of the one behind it, with one process to run them."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 8


def experiment(lab: Lab) -> str:
    lab.worker("shop.tasks")
    hangs = lab.send("shop.tasks.import_prices", "https://prices.example.com/")
    lab.wait_for("importing")
    behind = lab.send("shop.tasks.send_receipt", 7)
    came = lab.comes(lambda: lab.count("receipt"), with_="good", otherwise=4)
    seen = [lab.outcome(task, within=30 if came else 0) for task in (hangs, behind)]
    return "the task that hangs: {}; the one behind it: {}".format(*seen)
