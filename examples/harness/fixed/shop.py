import os
import sqlite3

import requests
from celery import Celery
from celery.exceptions import SoftTimeLimitExceeded

app = Celery("shop", broker="redis://localhost:6379/0")
app.conf.beat_schedule = {
    "take up what was left undone": {"task": "shop.resume", "schedule": 300.0, "options": {"expires": 240}},
}


def database():
    return sqlite3.connect(os.environ["SHOP_DB"], timeout=10, isolation_level=None)


@app.task(
    acks_late=True,
    reject_on_worker_lost=True,
    soft_time_limit=60,
    time_limit=90,
    autoretry_for=(requests.RequestException, SoftTimeLimitExceeded),
    retry_backoff=True,
    max_retries=8,
    idempotent=True,
)
def fulfil(order_id):
    db = database()
    amount, email, state = db.execute("SELECT amount, email, state FROM orders WHERE id = ?", [order_id]).fetchone()
    if state == "done":
        return
    once = {"Idempotency-Key": f"order-{order_id}"}
    requests.post(os.environ["PAYMENTS"], json={"amount": amount}, headers=once, timeout=5).raise_for_status()
    requests.post(os.environ["MAILER"], json={"to": email}, headers=once, timeout=5).raise_for_status()
    db.execute("UPDATE orders SET state = 'done' WHERE id = ?", [order_id])


@app.task(soft_time_limit=60, time_limit=90, acks_late=True, reject_on_worker_lost=True, max_retries=0, idempotent=True)
def resume():
    for (order_id,) in database().execute("SELECT id FROM orders WHERE state != 'done'").fetchall():
        fulfil.delay(order_id)
