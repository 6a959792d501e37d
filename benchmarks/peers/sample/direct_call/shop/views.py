from shop.tasks import ship


# bad: called in another module
def buy(request, order_id):
    return ship(order_id)


# good: sent in another module
def buy_later(request, order_id):
    return ship.delay(order_id)
