import csv
import io

import requests
from celery import shared_task
from celery.utils.log import get_task_logger
from django.conf import settings
from orders.models import OrderLine

from catalog.models import Product

logger = get_task_logger(__name__)


@shared_task(autoretry_for=(requests.RequestException,), retry_backoff=True)
def reserve_stock(order_id):
    lines = OrderLine.objects.filter(order_id=order_id).select_related("product")
    for line in lines:
        product = Product.objects.get(pk=line.product_id)
        product.stock -= line.quantity
        product.save()
    items = [{"sku": line.product.sku, "quantity": line.quantity} for line in lines]
    response = requests.post(f"{settings.WAREHOUSE_URL}/picks", json={"order": order_id, "items": items}, timeout=10)
    response.raise_for_status()


@shared_task(acks_late=True, reject_on_worker_lost=True, time_limit=3 * 60 * 60)
def import_products(content):
    created = 0
    for row in csv.DictReader(io.StringIO(content)):
        _, new = Product.objects.update_or_create(
            sku=row["sku"],
            defaults={"name": row["name"], "price": row["price"], "stock": row["stock"]},
        )
        created += new
    print("imported", created, "new products")
    return created


def fetch_price(sku):
    response = requests.get(f"{settings.WAREHOUSE_URL}/prices/{sku}")
    response.raise_for_status()
    return response.json()["price"]


@shared_task(soft_time_limit=120, time_limit=150)
def sync_prices():
    for product in Product.objects.all():
        try:
            product.price = fetch_price(product.sku)
            product.save(update_fields=["price"])
        except Exception:
            logger.exception("could not sync %s", product.sku)
