import os

import redis

from shop.tasks import reserve


def main():
    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    while True:
        _, order_id = client.blpop("orders")
        reserve.delay(int(order_id))
