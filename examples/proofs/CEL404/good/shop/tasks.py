import asyncio
import os

import httpx
from celery import Celery

app = Celery("shop")


async def fetch_rates():
    async with httpx.AsyncClient(timeout=10) as client:
        return (await client.get(os.environ["SERVICE_URL"])).status_code


@app.task
def update_rates():
    return asyncio.run(fetch_rates())
