from multiprocessing.pool import ThreadPool

from celery import Celery

app = Celery("shop", broker="redis://localhost/0")
pool = ThreadPool(2)

# setup
@app.task
def ship(order_id):
    return order_id


# bad: sent without an expiry
def buy(order_id):
    ship.apply_async((order_id,))


# bad: sent by `delay()`
def buy_again(order_id):
    ship.delay(order_id)


# good: sent with an expiry
def buy_now(order_id):
    ship.apply_async((order_id,), expires=60)


# good: the expiry is in the dict of options
def buy_soon(order_id):
    options = {"expires": 60}
    ship.apply_async((order_id,), **options)


# good: a pool of threads
def compute():
    pool.apply_async(sum, ([1, 2],))
