from celery import chord
from mails import done, mail

chord(mail.s(order_id) for order_id in (1, 2))(done.s())
