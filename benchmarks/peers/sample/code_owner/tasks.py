from celery import shared_task
from edx_django_utils.monitoring import set_code_owner_attribute


# bad: no owner
@shared_task
def ship(order_id):
    return order_id


# good: an owner
@shared_task
@set_code_owner_attribute
def pack(order_id):
    return order_id


# good: no task, a decorator with that word in its name
@multitask
def wash(order_id):
    return order_id
