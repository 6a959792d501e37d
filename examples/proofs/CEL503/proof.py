"""What a worker finds while the transaction is open, and what it does after a rollback."""

from __future__ import annotations

import sys

from flake8_celery.harness import Lab

SECONDS = 6


def experiment(lab: Lab) -> str:
    lab.worker("shop")
    lab.start([sys.executable, "checkout.py"])
    lab.wait_for("reserving")
    # what was sent while the order is being placed has run after this
    lab.barrier()
    lab.release("reserved")
    lab.wait_for("checked out")
    lab.barrier()
    found = "found the order" if lab.count("confirmed") else "DoesNotExist"
    announced = "announced" if lab.count("announced") else "not announced"
    return f"`confirm`: {found}; the order that was rolled back: {announced}"
