"""Where a task runs that is called, and what its retries do."""

from __future__ import annotations

from flake8_celery.harness import Lab, times

SECONDS = 2


def experiment(lab: Lab) -> str:
    request = lab.python("request.py")
    here = lab.pids("shipping").count(lab.pids("request")[0])
    ran = f"ran {times(here)}" if here else "did not run"
    ended = f"ended with {request.error}" if request.error else "was answered"
    left = lab.left(within=0)
    return f"{ran} in the request, which {ended}; {left} {'message' if left == 1 else 'messages'} in the queue"
