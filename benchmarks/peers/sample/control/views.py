from celery import Celery

app = Celery("shop", broker="redis://localhost/0")


# good: asks the workers for their state
def state():
    return app.control.inspect().active()


# good: tells the workers something
def limit():
    app.control.broadcast("rate_limit", arguments={"task_name": "shop.ship", "rate_limit": "1/m"})


# good: a form's field that is called control
def field(form):
    return form.control("name")
