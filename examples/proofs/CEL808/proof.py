"""What sending a task does with the transport of the code's broker URL; the server is that of the lab."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 2
VARIABLES = ("CELERY_BROKER_URL", "CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL")


def experiment(lab: Lab) -> str:
    unset = dict.fromkeys(VARIABLES, "")
    url = lab.python("-c", "from tasks import app; print(app.conf.broker_url)", env=unset).out
    server = f"{url.partition('://')[0]}://{lab.broker_url.partition('://')[2]}"
    ran = lab.python("tasks.py", env=dict.fromkeys(VARIABLES, server))
    if ran.code:
        return f"delay() raised {ran.err.splitlines()[-1]}, {lab.left(within=0)} messages left"
    return f"delay() sent it, {lab.left(within=0)} message left"
