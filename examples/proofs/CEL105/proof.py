"""Which app, and which queue, a request's shared task belongs to.

`CELERY_BROKER_URL` is set here, so the default app finds the broker too: what it lacks is the rest of the settings.
"""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 2


def experiment(lab: Lab) -> str:
    app = lab.python("request.py").out
    with lab.broker_client() as broker:
        queues = [queue for queue in ("shop", "celery") if broker.llen(queue)]
    return f"app {app}, sent to the queue {' and '.join(queues)}"
