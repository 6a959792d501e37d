import json
import uuid

from catalog.models import Product
from django.core.cache import cache
from django.db import transaction
from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST
from payments.models import Payment
from payments.tasks import charge_order, refund_order

from orders.models import Customer, Order, OrderLine


@require_POST
def create_order(request):
    data = json.loads(request.body)
    customer, _ = Customer.objects.get_or_create(email=data["email"], defaults={"phone": data.get("phone", "")})
    products = {p.sku: p for p in Product.objects.filter(sku__in=[item["sku"] for item in data["items"]])}
    with transaction.atomic():
        order = Order.objects.create(
            number=uuid.uuid4().hex[:12].upper(),
            customer=customer,
            total=sum(products[item["sku"]].price * item["quantity"] for item in data["items"]),
        )
        for item in data["items"]:
            product = products[item["sku"]]
            OrderLine.objects.create(order=order, product=product, quantity=item["quantity"], price=product.price)
        Payment.objects.create(order=order, amount=order.total, source=data["card"])
        charge_order.delay_on_commit(order.pk)
    return JsonResponse({"id": order.pk, "number": order.number}, status=201)


def order_detail(request, order_id):
    data = cache.get(f"order-{order_id}")
    if data is None:
        order = get_object_or_404(Order, pk=order_id)
        data = {"number": order.number, "status": order.status, "total": str(order.total)}
        cache.set(f"order-{order_id}", data, 600)
    return JsonResponse(data)


@require_POST
def refund(request, order_id):
    order = get_object_or_404(Order, pk=order_id, status="paid")
    refund_order.delay(order.pk)
    return JsonResponse({"number": order.number}, status=202)
