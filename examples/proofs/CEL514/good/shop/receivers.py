from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from lab import gate, journal

from shop.models import Order
from shop.tasks import confirm, remove_invoice


@receiver(post_save, sender=Order)
def confirm_order(sender, instance, **kwargs):
    confirm.delay_on_commit(instance.pk)


@receiver(post_save, sender=Order)
def reserve_stock(sender, instance, **kwargs):
    journal("reserving")
    gate("reserved")


@receiver(post_delete, sender=Order)
def order_deleted(sender, instance, **kwargs):
    remove_invoice.delay_on_commit(instance.cart)
