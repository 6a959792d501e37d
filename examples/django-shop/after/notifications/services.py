from notifications.models import Notification
from notifications.tasks import notify_staff, send_mail_notification, send_push, send_sms

SENDERS = {"mail": send_mail_notification, "push": send_push, "sms": send_sms, "staff": notify_staff}


def notify(order, kind):
    """Tell the customer by every way that we know, and the staff. To be called in a transaction."""
    channels = ["mail", "push", "staff"]
    if order.customer.phone:
        channels.append("sms")
    for channel in channels:
        notification, _ = Notification.objects.get_or_create(order=order, kind=kind, channel=channel)
        SENDERS[channel].delay_on_commit(notification.pk)


def send_unsent(created_before):
    for notification in Notification.objects.filter(sent_at=None, created_at__lt=created_before):
        SENDERS[notification.channel].delay(notification.pk)
