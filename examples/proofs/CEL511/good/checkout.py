from celery import chain, group
from shop.tasks import notify, pay


def checkout():
    pay.s(1).delay()
    chain(pay.s(2), notify.s())()
    (pay.s(3) | notify.s()).delay()
    group(pay.s(number) for number in (4, 5)).apply_async()
    pay.delay(6)


checkout()
