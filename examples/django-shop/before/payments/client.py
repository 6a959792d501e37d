import requests
from django.conf import settings


class PaymentError(Exception):
    pass


def create_charge(order, card):
    response = requests.post(
        f"{settings.PAYMENT_PROVIDER_URL}/charges",
        headers={"Authorization": f"Bearer {settings.PAYMENT_PROVIDER_KEY}"},
        json={"amount": str(order.total), "currency": "EUR", "source": card, "description": order.number},
    )
    if response.status_code >= 400:
        raise PaymentError(response.text)
    return response.json()["id"]


def create_refund(reference, amount):
    response = requests.post(
        f"{settings.PAYMENT_PROVIDER_URL}/charges/{reference}/refunds",
        headers={"Authorization": f"Bearer {settings.PAYMENT_PROVIDER_KEY}"},
        json={"amount": str(amount)},
    )
    if response.status_code >= 400:
        raise PaymentError(response.text)
