import requests
from django.conf import settings

TIMEOUT = (5, 20)


def request_pick(order_number, items):
    """Ask for a pick. PUT with the order's number: asking twice makes one pick."""
    response = requests.put(f"{settings.WAREHOUSE_URL}/picks/{order_number}", json={"items": items}, timeout=TIMEOUT)
    response.raise_for_status()


def fetch_price(sku):
    response = requests.get(f"{settings.WAREHOUSE_URL}/prices/{sku}", timeout=TIMEOUT)
    response.raise_for_status()
    return response.json()["price"]
