# good: a task's module imports a helper of the framework, no app
from celery import shared_task
from flask import render_template_string


@shared_task
def write(order_id):
    return render_template_string("{{ order_id }}", order_id=order_id)
