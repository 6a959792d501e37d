"""Whether the body of a coroutine task runs, and what the worker makes of it, with and without a result."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 2


def experiment(lab: Lab) -> str:
    worker = lab.worker("shop.tasks")
    outcome = lab.outcome(lab.send("shop.tasks.send_receipt", 7))
    silent = lab.send("shop.tasks.announce", 7)
    logged = f"Task shop.tasks.announce[{silent}] succeeded"
    seen = lab.until(lambda: logged in worker.log)
    return (
        f"with a result: {ran(lab, 'receipt')}, {outcome}; "
        f"`ignore_result`: {ran(lab, 'announcement')}, logged as {'succeeded' if seen else 'failed'}"
    )


def ran(lab: Lab, name: str) -> str:
    return "the body ran" if lab.count(name) else "the body did not run"
