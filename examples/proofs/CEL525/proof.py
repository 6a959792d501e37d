"""What becomes of a task in a queue that the worker of the compose file does not read."""

from __future__ import annotations

import re
from pathlib import Path

from flake8_celery.harness import Lab

SECONDS = 3
FRESH = True


def experiment(lab: Lab) -> str:
    text = Path(lab.folder, "compose.yaml").read_text("utf-8")
    queues = re.search(r"--queues (\S+)", text)
    lab.worker("shop.celery", queues=queues[1] if queues else None)
    identifier = lab.python("order.py").out
    lab.barrier()
    lab.comes(lambda: lab.count("sent"), with_="good", otherwise=1)
    with lab.broker_client() as client:
        waiting = int(client.llen("mail"))
    return f"{lab.outcome(identifier, within=0)}, {waiting} waiting in the queue"
