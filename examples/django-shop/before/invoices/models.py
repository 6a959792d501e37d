from django.db import models
from orders.models import Order


class Invoice(models.Model):
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="invoices")
    number = models.IntegerField()
    path = models.CharField(max_length=300)
    created_at = models.DateTimeField(auto_now_add=True)
