from celery import current_app

SUBSCRIBERS = {
    "order.paid": [
        "catalog.tasks.reserve_stock",
        "invoices.tasks.create_invoice",
        "notifications.tasks.send_order_confirmation",
    ],
    "order.cancelled": [
        "notifications.tasks.send_cancellation",
    ],
}


def publish(event, order_id):
    for name in SUBSCRIBERS[event]:
        current_app.send_task(name, args=[order_id])
    current_app.send_task("orders.tasks.on_order_event", args=[event, order_id])
