from shop.tasks import warm_up


def refresh():
    warm_up.delay()
