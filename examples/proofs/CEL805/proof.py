"""What a worker does with a message that is a pickle: here one that writes a line into the lab's journal."""

from __future__ import annotations

from kombu import Connection

from flake8_celery.harness import Lab, times

SECONDS = 4
CALLS_THE_JOURNAL = b"clab\njournal\n(S'intruder'\ntR."


def experiment(lab: Lab) -> str:
    worker = lab.worker("tasks")
    with Connection(lab.broker_url) as connection:
        connection.Producer().publish(
            CALLS_THE_JOURNAL,
            routing_key=lab.queue,
            content_type="application/x-python-serialize",
            content_encoding="binary",
        )
    lab.until(lambda: lab.count("intruder") or "ContentDisallowed" in worker.log)
    refused = ", the worker refused it" if "ContentDisallowed" in worker.log else ""
    count = lab.count("intruder")
    return f"the code in the message {f'ran {times(count)}' if count else 'never ran'}{refused}"
