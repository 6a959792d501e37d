"""Who sends an entry that is due each second, with the beats that the Procfile names."""

from __future__ import annotations

import json
from collections import Counter

from flake8_celery.harness import Lab

SECONDS = 7
FRESH = True


def experiment(lab: Lab) -> str:
    lines = (lab.folder / "Procfile").read_text("utf-8").splitlines()
    beats = [lab.beat("shop.tasks", ready=False) for line in lines if " beat" in line]
    for beat in beats:
        lab.wait_ready(beat)
    lab.until(lambda: len(senders(lab)) == len(beats) and min(senders(lab).values()) > 2)
    number = len(senders(lab))
    return f"{number} beats send every entry" if number > 1 else f"{number} beat sends every entry"


def senders(lab: Lab) -> Counter[str]:
    """How many messages each process has sent."""
    with lab.broker_client() as client:
        messages = [json.loads(message) for message in client.lrange(lab.queue, 0, -1)]
    return Counter(message["headers"]["origin"] for message in messages)
