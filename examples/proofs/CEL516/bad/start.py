from shop.tasks import consume

consume.delay()
