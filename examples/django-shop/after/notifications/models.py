from django.db import models
from orders.models import Order


class Notification(models.Model):
    """One message about an order. The row is what makes sure that it goes out, and only once."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="notifications")
    kind = models.CharField(max_length=20)
    channel = models.CharField(max_length=10)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "kind", "channel"], name="one_notification_of_a_kind")]
