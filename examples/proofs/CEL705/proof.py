"""Whether beat sends an entry whose arguments do not fit its task."""

from __future__ import annotations

from flake8_celery.harness import Lab

SECONDS = 3
ERROR = "Message Error: Couldn't apply scheduled task invoices: send_invoices() takes 0 positional arguments"


def experiment(lab: Lab) -> str:
    beat = lab.beat("shop.celery")
    # at the third, the first two have been dealt with
    lab.until(lambda: beat.log.count("Sending due task invoices") >= 3)
    logged = "`Couldn't apply scheduled task`" if ERROR in beat.log else "no error"
    return f"beat logged {logged} and sent {'messages' if lab.left(within=0) else 'nothing'}"
