"""What becomes of a module whose task gets its name by position."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 3


def experiment(lab: Lab) -> str:
    imported = lab.python("-c", "import shop.tasks")
    if imported.code:
        return f"importing the module raised {imported.error}"
    lab.worker("shop.tasks")
    return f"the module was imported; the task ran: {lab.outcome(lab.send('shop.ship', 7))}"
