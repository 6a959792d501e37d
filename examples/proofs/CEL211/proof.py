"""What becomes of a view that hands its request to a task."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 2


def experiment(lab: Lab) -> str:
    view = lab.python("request.py")
    left = lab.left(within=0)
    return f"the view: {view.error or 'answered'}; {left} {'message' if left == 1 else 'messages'} in the queue"
