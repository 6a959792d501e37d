"""What a client sees whose application names a configuration module."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 2


def experiment(lab: Lab) -> str:
    imported = lab.python("-c", "import shop.tasks")
    sent = lab.python("-c", "from shop.tasks import ship; ship.delay(1)")
    if imported.code:
        return imported.err
    if sent.code:
        return f"the task is imported, sending it raises {sent.err.splitlines()[-1]}"
    return f"the task is imported, and {lab.left(within=0)} message is in the queue"
