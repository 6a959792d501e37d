"""What becomes of the messages that beat sends while no worker runs."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 5
ENOUGH = 5


def experiment(lab: Lab) -> str:
    beat = lab.beat("shop.celery")
    with lab.broker_client() as broker:
        lab.until(lambda: broker.llen(lab.queue) >= ENOUGH)
        beat.kill()
        sent = broker.llen(lab.queue)
    lab.worker("shop.celery")
    lab.barrier()
    ran = lab.count("refreshed")
    which = "all" if ran == sent else "none" if not ran else "some"
    many = f"{ENOUGH} messages or more" if sent >= ENOUGH else "too few messages"
    return f"beat sent {many}, no worker ran: {which} of them ran afterwards"
