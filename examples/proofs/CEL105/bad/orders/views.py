from orders.tasks import ship


def confirm(order_id):
    ship.delay(order_id)
    return ship.app.main
