import os
import sqlite3

import requests
from celery import Celery

app = Celery("shop", broker="redis://localhost:6379/0")


def database():
    return sqlite3.connect(os.environ["SHOP_DB"], timeout=10, isolation_level=None)


@app.task(
    acks_late=True,
    reject_on_worker_lost=True,
    soft_time_limit=60,
    time_limit=90,
    autoretry_for=(requests.RequestException,),
    retry_backoff=True,
    max_retries=8,
)
def fulfil(order_id):
    db = database()
    amount, email = db.execute("SELECT amount, email FROM orders WHERE id = ?", [order_id]).fetchone()
    requests.post(os.environ["PAYMENTS"], json={"amount": amount}, timeout=5).raise_for_status()
    requests.post(os.environ["MAILER"], json={"to": email}, timeout=5).raise_for_status()
    db.execute("UPDATE orders SET state = 'done' WHERE id = ?", [order_id])
