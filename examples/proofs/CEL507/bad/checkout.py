from dataclasses import dataclass
from datetime import timedelta

from shop.tasks import export


@dataclass
class Order:
    number: int


def after_a_failure():
    try:
        raise OSError("no connection")
    except OSError as exc:
        export.delay(exc)


CALLS = {
    "set": lambda: export.delay({1, 2}),
    "timedelta": lambda: export.delay(timedelta(hours=1)),
    "exception": after_a_failure,
    "dataclass": lambda: export.delay(Order(1)),
    "result": lambda: export.delay(export.delay(1)),
}

for name, send in CALLS.items():
    try:
        send()
    except Exception as error:
        print(name, type(error).__name__)
    else:
        print(name, "sent")
