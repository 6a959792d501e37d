class PaymentRefused(Exception):
    pass


def pay(order):
    if order.cart == "yachts":
        raise PaymentRefused
