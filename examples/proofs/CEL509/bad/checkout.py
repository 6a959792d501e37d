from celery import chain, chord
from shop.tasks import notify, pay

workflow = chain(pay.s(1), notify.s()).delay()
print(workflow.parent.id, workflow.id)
print(chord([pay.s(2), pay.s(3)], notify.s()).delay().id)
