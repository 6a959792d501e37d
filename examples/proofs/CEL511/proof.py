"""How many messages signatures send that nobody applies."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 1


def experiment(lab: Lab) -> str:
    ran = lab.python("checkout.py")
    return f"{ran.error or 'no error'}, {lab.left(within=0)} messages in the queue"
