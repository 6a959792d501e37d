from celery import Celery, shared_task

app = Celery("shop", broker="redis://localhost/0")
worker = Celery("shop", broker="redis://localhost/0")
BOUND = {"bind": True}


# bad: `self`, and no `bind=True`
@app.task
def ship(self, order_id):
    return self.request.id, order_id


# bad: the same on an app with another name
@worker.task
def pack(self, order_id):
    return self.request.id, order_id


# good: `bind=True`
@app.task(bind=True)
def refund(self, order_id):
    return self.request.id, order_id


# good: `bind` comes from the dict of options
@shared_task(**BOUND)
def resize(self, image_id):
    return self.request.id, image_id
