"""What becomes of the body of a chord without a backend, and of one whose header ignores its results."""

from __future__ import annotations

from flake8_celery.harness import Lab, times

SECONDS = 6
ASKED = 4  # each time it is received and put off
CODE_ALONE = {"CELERY_RESULT_BACKEND": ""}


def experiment(lab: Lab) -> str:
    mails = lab.worker("mails", queues="mails", env=CODE_ALONE)
    lab.python("remind.py", env=CODE_ALONE)
    caller = lab.python("invoice.py", env=CODE_ALONE)
    if not caller.code:
        lab.worker("prices", env=CODE_ALONE)
        lab.wait_for("total")
    refused = "NotImplementedError" if "NotImplementedError" in caller.err else caller.error
    price = refused or f"the body {ran(lab.count('total'))}"
    lab.until(lambda: lab.count("done") or mails.log.count("Task celery.chord_unlock") >= ASKED)
    asked = "" if lab.count("done") else ", results are asked for again and again"
    return f"without a backend: {price}; with SQLite: the body {ran(lab.count('done'))}{asked}"


def ran(count: int) -> str:
    return f"ran {times(count)}" if count else "never ran"
