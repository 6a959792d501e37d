"""What a task finds that a receiver has sent, and what it does when the deletion is taken back."""

from __future__ import annotations

import sys

from flake8_celery.harness import Lab

SECONDS = 6


def experiment(lab: Lab) -> str:
    lab.worker("shop")
    lab.start([sys.executable, "checkout.py"])
    lab.wait_for("reserving")
    # what was sent while `get_or_create` is at work has run after this
    lab.barrier()
    lab.release("reserved")
    orders = lab.wait_for("checked out")[0][2]
    lab.barrier()
    found = "found the order" if lab.count("confirmed") else "DoesNotExist"
    removed = "removed" if lab.count("removed") else "kept"
    return f"`confirm`: {found}; after a deletion that was rolled back: {orders} order, its invoice {removed}"
