from shop.tasks import invoice


def invoice_all(order_ids):
    invoice.chunks(((order_id,) for order_id in order_ids), 100).apply_async()
