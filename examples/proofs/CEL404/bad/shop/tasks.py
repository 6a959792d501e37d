import asyncio
import os

import httpx
from celery import Celery

app = Celery("shop")
client = httpx.AsyncClient(timeout=10)


async def fetch_rates():
    return (await client.get(os.environ["SERVICE_URL"])).status_code


@app.task
def update_rates():
    return asyncio.run(fetch_rates())
