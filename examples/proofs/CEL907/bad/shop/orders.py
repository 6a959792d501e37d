from shop.tasks import invoice


def invoice_all(order_ids):
    for order_id in order_ids:
        invoice.delay(order_id)
