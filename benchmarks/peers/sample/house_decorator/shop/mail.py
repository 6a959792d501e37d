# good: uses the house decorator
from shop.jobs import job


@job()
def write(order_id):
    return order_id
