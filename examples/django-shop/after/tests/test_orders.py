import json
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import requests
from catalog.models import Product
from catalog.tasks import reserve_stock
from django.core import mail
from django.test import TestCase, override_settings
from invoices.tasks import create_invoice, mail_invoice
from orders.models import Order, PointsEntry
from payments.models import Payment
from payments.tasks import charge_order


@override_settings(CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}})
class OrderTest(TestCase):
    def setUp(self):
        Product.objects.create(sku="TEA", name="Green tea", price="4.50", stock=10)
        body = {"email": "ann@example.org", "card": "tok_1", "items": [{"sku": "TEA", "quantity": 2}]}
        with self.captureOnCommitCallbacks() as callbacks:
            self.response = self.client.post("/orders/", json.dumps(body), content_type="application/json")
        self.sent = callbacks
        self.order = Order.objects.get()

    def provider(self, status):
        response = requests.Response()
        response.status_code = status
        response._content = b'{"id": "ch_1"}'
        return mock.patch("payments.client.requests.post", return_value=response)

    def test_order_is_stored_and_its_charge_sent_after_the_commit(self):
        self.assertEqual(self.response.status_code, 201)
        self.assertEqual(str(self.order.total), "9.00")
        self.assertEqual(len(self.sent), 1)

    def test_charging_twice_asks_the_provider_once(self):
        with self.provider(201) as post:
            charge_order.run(self.order.pk)
            charge_order.run(self.order.pk)
        self.assertEqual(post.call_count, 1)
        self.assertEqual(Payment.objects.get().reference, "ch_1")
        self.assertEqual(PointsEntry.objects.get().points, 9)

    def test_charge_that_was_made_before_a_crash_has_the_same_key(self):
        with self.provider(201) as post:
            with mock.patch("payments.tasks.give_points", side_effect=RuntimeError), self.assertRaises(RuntimeError):
                charge_order.run(self.order.pk)
            charge_order.run(self.order.pk)
        first, second = (call.kwargs["headers"]["Idempotency-Key"] for call in post.call_args_list)
        self.assertEqual(first, second)

    def test_declined_card(self):
        with self.provider(402):
            charge_order.run(self.order.pk)
        self.order.refresh_from_db()
        self.assertEqual(self.order.status, "declined")

    def test_reserving_twice_takes_the_stock_once(self):
        reserve_stock.run(self.order.pk)
        reserve_stock.run(self.order.pk)
        self.assertEqual(Product.objects.get().stock, 8)

    def test_invoice_is_mailed_once(self):
        with TemporaryDirectory() as folder, self.settings(MEDIA_ROOT=Path(folder)):
            create_invoice.run(self.order.pk)
            create_invoice.run(self.order.pk)
            mail_invoice.run(self.order.invoice.pk)
            mail_invoice.run(self.order.invoice.pk)
        self.assertEqual(len(mail.outbox), 1)
        self.assertIn("Green tea", mail.outbox[0].body)
