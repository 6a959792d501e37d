import os

import requests
from celery import Celery
from lab import journal

app = Celery("shop")


@app.task(autoretry_for=(requests.RequestException,), retry_backoff=True, max_retries=5)
def sync_rates(currency):
    response = requests.get(f"{os.environ['SERVICE_URL']}{currency}", timeout=10)
    response.raise_for_status()
    journal("rate stored", currency)


def refresh(currency):
    sync_rates.delay(currency)
