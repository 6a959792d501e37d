import asyncio

from celery import Celery

app = Celery("shop", broker="redis://localhost/0", backend="redis://localhost/1")


async def fetch_rates():
    await asyncio.sleep(0)
    return {"EUR": 1}


@app.task
def warm_up():
    asyncio.run(fetch_rates())


@app.task
def update_rates():
    loop = asyncio.get_event_loop()
    return loop.run_until_complete(fetch_rates())
