"""Where a password that is passed to a task can be read in the broker."""

from __future__ import annotations

import base64
import json

from flake8_celery.harness import Lab

SECONDS = 1
SECRET = "hunter2"


def experiment(lab: Lab) -> str:
    lab.python("signup.py")
    with lab.broker_client() as client:
        (text,) = client.lrange(lab.queue, 0, -1)
    message = json.loads(text)
    places = {
        "the body": base64.b64decode(message["body"]).decode(),
        "the header `kwargsrepr`": message["headers"]["kwargsrepr"],
    }
    found = [place for place, content in places.items() if SECRET in content]
    return f"the password can be read in {' and '.join(found)}" if found else "the password is not in the message"
