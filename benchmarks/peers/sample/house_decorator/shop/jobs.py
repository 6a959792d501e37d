# good: the module that makes the house decorator
from celery import shared_task


def job(**options):
    return shared_task(time_limit=600, **options)
