"""Which queue a shared task is sent to where the process has imported a second app.

`CELERY_BROKER_URL` is set here, so both apps have one broker: their default queues tell them apart.
"""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 2


def experiment(lab: Lab) -> str:
    lab.python("checkout.py")
    with lab.broker_client() as broker:
        queues = [queue for queue in ("shop", "search", "celery") if broker.llen(queue)]
    return f"`ship` is sent to the queue {' and '.join(f'`{queue}`' for queue in queues)}"
