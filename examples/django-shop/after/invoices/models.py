from django.db import models
from orders.models import Order


class Invoice(models.Model):
    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="invoice")
    path = models.CharField(max_length=300, blank=True)
    mailed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)


class Export(models.Model):
    since = models.DateField()
    path = models.CharField(max_length=300, blank=True)
    finished_at = models.DateTimeField(null=True)
