"""What a task that adds an amount has added when the request it sends is answered by 503 once."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 3


def experiment(lab: Lab) -> str:
    lab.http(503)
    lab.worker("shop.tasks")
    outcome = lab.outcome(lab.send("shop.tasks.receive", "book", 10))
    with lab.redis() as store:
        stock = int(store.get("stock:book") or 0)
    return f"10 books received, {stock} in stock: {outcome}"
