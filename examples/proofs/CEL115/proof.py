"""Which queue a script sends to that imports the application.

`CELERY_BROKER_URL` is set here, so the broker is found either way: what may be missing is the rest of the settings.
"""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 2


def experiment(lab: Lab) -> str:
    ran = lab.python("script.py")
    with lab.broker_client() as broker:
        queues = [queue for queue in ("orders", "celery") if broker.llen(queue)]
    return f"sent to the queue {' and '.join(queues)}" if ran.code == 0 else ran.err
