from celery import chain, group
from shop.tasks import notify, pay


def checkout():
    pay.s(1)
    chain(pay.s(2), notify.s())
    pay.s(3) | notify.s()
    group(pay.s(number) for number in (4, 5))
    pay.delay


checkout()
