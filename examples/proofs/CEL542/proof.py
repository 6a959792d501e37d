"""What a worker finds when a client writes a row before or after it sends the id."""

from __future__ import annotations

import sys

from flake8_celery.harness import Lab

SECONDS = 6


def experiment(lab: Lab) -> str:
    lab.worker("shop")
    lab.start([sys.executable, "checkout.py"])
    lab.wait_for("shipping")
    # what was sent before has run after this
    lab.barrier()
    lab.release("later")
    lab.wait_for("placed")
    return f"`ship`: {'found the order' if lab.count('shipped') else 'DoesNotExist'}"
