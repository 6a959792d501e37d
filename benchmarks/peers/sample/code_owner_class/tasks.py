from celery import Task
from edx_django_utils.monitoring import set_code_owner_attribute


# bad: no owner
class Ship(Task):
    def run(self, order_id):
        return order_id


# good: an owner
class Pack(Task):
    @set_code_owner_attribute
    def run(self, order_id):
        return order_id


# good: no Celery task
class Chore(HouseTask):
    def run(self, room):
        return room
