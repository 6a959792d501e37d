from shop.tasks import ship


def checkout(order_id):
    ship.delay(order_id)
