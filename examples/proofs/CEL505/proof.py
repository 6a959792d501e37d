"""What is sent when the arguments are no list or tuple."""

from __future__ import annotations

import base64
import json

from flake8_celery.harness import Lab

SECONDS = 1


def experiment(lab: Lab) -> str:
    lines = [line.split() for line in lab.python("checkout.py").out.splitlines()]
    counts = iter(arguments(lab))
    seen = [f"{name}: sent with {next(counts)}" if what == "sent" else f"{name}: {what}" for name, what in lines]
    return ", ".join(seen)


def arguments(lab: Lab) -> list[str]:
    """How many arguments each message in the queue has, the oldest first."""
    with lab.broker_client() as client:
        messages = [json.loads(message) for message in reversed(client.lrange(lab.queue, 0, -1))]
    found = []
    for message in messages:
        args, kwargs, _ = json.loads(base64.b64decode(message["body"]))
        number = len(args) + len(kwargs)
        found.append(f"{number} argument" if number == 1 else f"{number} arguments")
    return found
