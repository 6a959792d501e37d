from celery import signature
from shop.tasks import export, send_invoice

CALLS = {
    "number": lambda: send_invoice.apply_async((5)),
    "string": lambda: export.apply_async(("A-1")),
    "signature": lambda: signature("shop.tasks.export", args=("A-1")).delay(),
    "zero": lambda: send_invoice.apply_async((0)),
    "keyword": lambda: send_invoice.apply_async(order_id=5),
}

for name, send in CALLS.items():
    try:
        send()
    except Exception as error:
        print(name, type(error).__name__)
    else:
        print(name, "sent")
