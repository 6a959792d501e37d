from celery import Celery

app = Celery("shop", broker="redis://localhost/0")

# setup
@app.task
def ship(order_id):
    return order_id


# bad: a request chooses the queue
def buy(request, order_id):
    ship.apply_async((order_id,), queue=request.GET["queue"])


# bad: a request chooses the task
def run(request):
    app.send_task(request.POST["task"])


# good: routes that a function of the project makes
task_routes = dict([("shop.ship", {"queue": "orders"})])
