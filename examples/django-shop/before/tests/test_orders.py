import json
from unittest import mock

from catalog.models import Product
from django.test import TestCase
from orders.models import Order


class CreateOrderTest(TestCase):
    def setUp(self):
        Product.objects.create(sku="TEA", name="Green tea", price="4.50", stock=10)

    @mock.patch("orders.views.cancel_unpaid.apply_async")
    @mock.patch("orders.views.charge_order.delay")
    def test_order_is_stored_and_charged(self, charge, cancel):
        body = {"email": "ann@example.org", "card": "tok_1", "items": [{"sku": "TEA", "quantity": 2}]}
        response = self.client.post("/orders/", json.dumps(body), content_type="application/json")
        self.assertEqual(response.status_code, 201)
        order = Order.objects.get()
        self.assertEqual(str(order.total), "9.00")
        charge.assert_called_once_with(order.pk, "tok_1")
        cancel.assert_called_once()
