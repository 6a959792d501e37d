"""What a message says about when its task is to run."""

from __future__ import annotations

import json

from flake8_celery.harness import Lab

SECONDS = 1


def experiment(lab: Lab) -> str:
    lab.python("tasks.py")
    with lab.broker_client() as client:
        messages = [json.loads(message) for message in client.lrange(lab.queue, 0, -1)]
    times = [message["headers"]["eta"] for message in messages]
    return f"{len(times)} message sent, {'with' if all(times) else 'without'} a time to run at"
