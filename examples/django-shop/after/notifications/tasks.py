import httpx
from celery import shared_task
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from notifications.models import Notification

TEXTS = {
    "paid": "Thank you for your order {number}. We received {total} EUR.",
    "cancelled": "We received no payment for your order {number} and cancelled it.",
}


def unsent(notification_id):
    return Notification.objects.select_related("order__customer").filter(pk=notification_id, sent_at=None).first()


def text_of(notification):
    return TEXTS[notification.kind].format(number=notification.order.number, total=notification.order.total)


def mark_sent(notification):
    Notification.objects.filter(pk=notification.pk).update(sent_at=timezone.now())


def post_to_gateway(path, notification, **data):
    response = httpx.post(
        f"{settings.SMS_GATEWAY_URL}/{path}",
        headers={"Idempotency-Key": f"notification-{notification.pk}"},
        json={**data, "text": text_of(notification)},
        timeout=10,
    )
    response.raise_for_status()


@shared_task(
    name="notifications.send_mail_notification",
    autoretry_for=(OSError,),
    retry_backoff=5,
    max_retries=6,
    idempotent=True,
)
def send_mail_notification(notification_id):
    notification = unsent(notification_id)
    if notification is None:
        return
    message = EmailMessage(
        f"Order {notification.order.number}",
        text_of(notification),
        to=[notification.order.customer.email],
        headers={"Message-ID": f"<notification-{notification.pk}@shop.example>"},
    )
    message.send()
    mark_sent(notification)


@shared_task(
    name="notifications.send_sms", autoretry_for=(httpx.HTTPError,), retry_backoff=5, max_retries=6, idempotent=True
)
def send_sms(notification_id):
    notification = unsent(notification_id)
    if notification is None:
        return
    post_to_gateway("messages", notification, to=notification.order.customer.phone)
    mark_sent(notification)


@shared_task(
    name="notifications.notify_staff", autoretry_for=(httpx.HTTPError,), retry_backoff=5, max_retries=6, idempotent=True
)
def notify_staff(notification_id):
    notification = unsent(notification_id)
    if notification is None:
        return
    response = httpx.post(settings.STAFF_CHAT_URL, json={"text": text_of(notification)}, timeout=10)
    response.raise_for_status()
    mark_sent(notification)


@shared_task(
    name="notifications.send_push", autoretry_for=(httpx.HTTPError,), retry_backoff=5, max_retries=6, idempotent=True
)
def send_push(notification_id):
    notification = unsent(notification_id)
    if notification is None:
        return
    post_to_gateway("push", notification, order=notification.order_id)
    mark_sent(notification)
