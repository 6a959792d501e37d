"""What beat sends while a service that one of its entries needs does not answer."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 6


def experiment(lab: Lab) -> str:
    lab.http(*["hang"] * 9)
    lab.beat("shop.tasks")
    with lab.broker_client() as client:
        lab.until(lambda: lab.service.requests or client.llen(lab.queue) > 2)
        lab.comes(lambda: client.llen(lab.queue) > 2, with_="good", otherwise=3)
        return "more than 2 messages sent" if client.llen(lab.queue) > 2 else f"{client.llen(lab.queue)} messages sent"
