from celery import chain, chord, group
from shop.tasks import notify, pay

CALLS = {
    "chain": lambda: chain(pay.s(1), notify.s()).delay(),
    "group": lambda: group(pay.s(), notify.s()).delay(),
    "chord": lambda: chord([pay.s(2)], notify.s()).delay(),
    "callback": lambda: pay.apply_async((3,), link=notify.s()),
    "result": lambda: pay.apply_async((4,), link=notify.si(4)),
}

for name, send in CALLS.items():
    try:
        send()
    except Exception as error:
        print(name, type(error).__name__)
    else:
        print(name, "sent")
