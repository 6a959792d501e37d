"""What becomes of a message whose priority is a text."""

from __future__ import annotations

from flake8_celery.harness import Lab

BROKERS = ("redis", "rabbitmq")
SECONDS = 4


def experiment(lab: Lab) -> str:
    sent = lab.python("order.py")
    if sent.code:
        error = sent.err.splitlines()[-1].partition(":")[0]
        return f"sending raised {error}"
    lab.worker("shop.tasks")
    ran = [entry[1] for entry in lab.wait_for("ran", times=2)]
    return f"ran in this order: {', '.join(ran)}"
