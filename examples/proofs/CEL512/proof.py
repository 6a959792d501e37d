"""What becomes of tasks and results where signatures have to stand."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 1


def experiment(lab: Lab) -> str:
    lines = [line.split() for line in lab.python("checkout.py").out.splitlines()]
    seen = ", ".join(f"{name}: {what}" for name, what in lines)
    left = lab.left(within=0)
    return f"{seen}; {left} message in the queue" if left == 1 else f"{seen}; {left} messages in the queue"
