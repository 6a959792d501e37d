from shop.tasks import ship


def checkout(order_id):
    ship(order_id)
