"""Whether an invoice is sent in spite of a web server that is killed after it has answered."""

from __future__ import annotations

import re
import sys
from urllib.request import Request, urlopen

from flake8_celery.harness import Lab, times

SECONDS = 6


def experiment(lab: Lab) -> str:
    server = lab.start([sys.executable, "-m", "uvicorn", "shop.api:app", "--port", "0"])
    lab.until(lambda: "Uvicorn running" in server.log, within=60)
    url = re.search(r"running on (\S+)", server.log)[1]
    with urlopen(Request(f"{url}/orders?order_id=7", method="POST")) as response:
        status = response.status
    server.kill()
    lab.release("written")
    lab.worker("shop.tasks", pool="solo")
    lab.barrier()
    return f"answered {status}; invoice sent: {times(len(lab.service.requests))}"
