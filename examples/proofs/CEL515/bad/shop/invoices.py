import os

import requests
from lab import gate


def send_invoice(order_id):
    gate("written")
    requests.post(os.environ["SERVICE_URL"] + "invoices", json={"order": order_id}, timeout=10)
