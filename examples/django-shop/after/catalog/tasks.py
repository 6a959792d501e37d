import csv
from pathlib import Path

import requests
from celery import group, shared_task
from celery.utils.log import get_task_logger
from django.db import OperationalError, transaction
from django.db.models import F
from django.utils import timezone
from orders.models import Order

from catalog import warehouse
from catalog.models import Product, ProductImport

logger = get_task_logger(__name__)


@shared_task(
    name="catalog.reserve_stock", autoretry_for=(OperationalError,), retry_backoff=True, max_retries=5, idempotent=True
)
def reserve_stock(order_id):
    with transaction.atomic():
        order = Order.objects.select_for_update().filter(pk=order_id).first()
        if order is None or order.stock_reserved_at is not None:
            return
        for line in order.lines.all():
            Product.objects.filter(pk=line.product_id).update(stock=F("stock") - line.quantity)
        order.stock_reserved_at = timezone.now()
        order.save(update_fields=["stock_reserved_at"])
        request_pick.delay_on_commit(order_id)


@shared_task(
    name="catalog.request_pick",
    autoretry_for=(requests.RequestException,),
    retry_backoff=2,
    retry_backoff_max=300,
    max_retries=8,
    idempotent=True,
)
def request_pick(order_id):
    order = Order.objects.filter(pk=order_id, pick_requested_at=None).first()
    if order is None:
        return
    lines = order.lines.select_related("product")
    warehouse.request_pick(order.number, [{"sku": line.product.sku, "quantity": line.quantity} for line in lines])
    Order.objects.filter(pk=order_id).update(pick_requested_at=timezone.now())


@shared_task(
    name="catalog.import_products",
    autoretry_for=(OperationalError,),
    retry_backoff=True,
    max_retries=5,
    idempotent=True,
)
def import_products(import_id):
    product_import = ProductImport.objects.filter(pk=import_id, finished_at=None).first()
    if product_import is None:
        return
    created = 0
    with Path(product_import.path).open(newline="") as file:
        for row in csv.DictReader(file):
            _, new = Product.objects.update_or_create(
                sku=row["sku"],
                defaults={"name": row["name"], "price": row["price"], "stock": row["stock"]},
            )
            created += new
    ProductImport.objects.filter(pk=import_id).update(created=created, finished_at=timezone.now())
    logger.info("import %s: %s new products", import_id, created)


@shared_task(
    name="catalog.sync_prices", autoretry_for=(OperationalError,), retry_backoff=True, max_retries=2, idempotent=True
)
def sync_prices():
    jobs = [sync_price.si(pk) for pk in Product.objects.values_list("pk", flat=True)]
    if jobs:
        group(jobs).apply_async(expires=10 * 60)


@shared_task(
    name="catalog.sync_price",
    autoretry_for=(requests.RequestException,),
    retry_backoff=True,
    max_retries=3,
    idempotent=True,
)
def sync_price(product_id):
    product = Product.objects.filter(pk=product_id).first()
    if product is None:
        return
    Product.objects.filter(pk=product_id).update(price=warehouse.fetch_price(product.sku))
