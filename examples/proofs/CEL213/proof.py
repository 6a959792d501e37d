"""What two tasks under a decorator without `functools.wraps` are called, and which of them runs."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 3


def experiment(lab: Lab) -> str:
    lab.worker("shop.celery")
    names = lab.python("-c", "from shop.tasks import confirm, remind; print(confirm.name, remind.name)").out.split()
    lab.python("calls.py")
    lab.wait_for("ran", times=2)
    ran = {entry[1] for entry in lab.journal("ran")}
    what = "both functions ran" if len(ran) == 2 else "one function ran twice, the other never"
    return f"registered as {' and '.join(sorted(set(names)))}; {what}"
