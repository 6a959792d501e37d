"""What becomes of a chain and a chord whose last task takes no result."""

from __future__ import annotations

from flake8_celery.harness import Lab, times

SECONDS = 4


def experiment(lab: Lab) -> str:
    lab.worker("shop.tasks")
    first, last, body = (lab.outcome(task) for task in lab.python("checkout.py").out.split())
    lab.barrier()
    paid = times(lab.count("pay", 1))
    return f"pay ran {paid}: {first}; notify: {last}; the chord: {body}; notify ran: {times(lab.count('notify'))}"
