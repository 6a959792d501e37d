"""How large the message is that carries a file of 900,000 characters, or its path."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 1


def experiment(lab: Lab) -> str:
    (lab.folder / "orders.csv").write_text("7,book,1\n" * 100_000, "utf-8")
    lab.python("upload.py", "orders.csv")
    with lab.broker_client() as client:
        size = len(client.lindex(lab.queue, 0))
    return f"a message of {'more than 1,200,000' if size > 1_200_000 else 'less than 2,000' if size < 2000 else size} bytes"
