from celery import chain, chord
from shop.tasks import notify, pay

workflow = chain(pay.s(1), notify.si()).delay()
print(workflow.parent.id, workflow.id)
print(chord([pay.s(2), pay.s(3)], notify.si()).delay().id)
