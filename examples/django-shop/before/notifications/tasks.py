import asyncio

import httpx
from celery import shared_task
from django.conf import settings
from django.core.mail import send_mail
from orders.models import Order

sms_gateway = httpx.AsyncClient(base_url=settings.SMS_GATEWAY_URL)


async def post_sms(number, text):
    response = await sms_gateway.post("/messages", json={"to": number, "text": text})
    response.raise_for_status()


async def post_push(order_id, text):
    async with httpx.AsyncClient(base_url=settings.SMS_GATEWAY_URL) as client:
        response = await client.post("/push", json={"order": order_id, "text": text})
        response.raise_for_status()


@shared_task
def send_sms(number, text):
    asyncio.run(post_sms(number, text))


@shared_task
def send_push(order_id, text):
    loop = asyncio.get_event_loop()
    loop.run_until_complete(post_push(order_id, text))


@shared_task
async def notify_staff(order_id, text):
    async with httpx.AsyncClient() as client:
        response = await client.post(settings.STAFF_CHAT_URL, json={"text": f"Order {order_id}: {text}"})
        response.raise_for_status()


@shared_task(acks_late=True, autoretry_for=(OSError,), retry_backoff=True)
def send_order_confirmation(order_id):
    order = Order.objects.select_related("customer").get(pk=order_id)
    send_mail(
        f"Order {order.number}",
        f"Thank you for your order. We received {order.total} EUR.",
        None,
        [order.customer.email],
    )
    if order.customer.phone:
        send_sms.delay(order.customer.phone, f"Order {order.number} is paid")
    send_push.delay(order_id, "paid")
    notify_staff.delay(order_id, "paid")


@shared_task
def send_cancellation(order_id):
    order = Order.objects.select_related("customer").get(pk=order_id)
    send_mail(f"Order {order.number} is cancelled", "We did not receive a payment.", None, [order.customer.email])
