import requests
from django.conf import settings

TIMEOUT = (5, 30)


class Declined(Exception):
    """The provider will not take this card, however often it is asked."""


def create_charge(payment):
    """Charge the card. The provider knows the key of a charge that it has made and answers with the same charge."""
    response = requests.post(
        f"{settings.PAYMENT_PROVIDER_URL}/charges",
        headers={
            "Authorization": f"Bearer {settings.PAYMENT_PROVIDER_KEY}",
            "Idempotency-Key": str(payment.key),
        },
        json={"amount": str(payment.amount), "currency": "EUR", "source": payment.source},
        timeout=TIMEOUT,
    )
    if response.status_code == 402:
        raise Declined(response.text)
    response.raise_for_status()
    return response.json()["id"]


def create_refund(payment):
    response = requests.post(
        f"{settings.PAYMENT_PROVIDER_URL}/charges/{payment.reference}/refunds",
        headers={
            "Authorization": f"Bearer {settings.PAYMENT_PROVIDER_KEY}",
            "Idempotency-Key": f"refund-{payment.key}",
        },
        json={"amount": str(payment.amount)},
        timeout=TIMEOUT,
    )
    response.raise_for_status()


def fetch_rates():
    response = requests.get(settings.RATES_URL, timeout=TIMEOUT)
    response.raise_for_status()
    return response.json()["rates"]
