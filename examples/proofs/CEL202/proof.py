"""What bound tasks get that have no parameter for themselves."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 3


def experiment(lab: Lab) -> str:
    lab.worker("shop.tasks")
    called = lab.python("calls.py")
    ((_, order_id, express),) = lab.wait_for("shipped")
    shipped = "7" if order_id == "7" else "the task"
    cleaned = f"raised {called.error}" if called.code else "was sent"
    return f"ship.delay(7) ran with order_id {shipped} and express {express}; clean_up.delay() {cleaned}"
