from celery import Celery

app = Celery("shop", broker="redis://localhost/0", backend="redis://localhost/1", include=["shop.tasks"])
