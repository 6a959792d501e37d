import csv
import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings

FIELDS = ["number", "customer__email", "status", "total"]


def replace(path, write):
    """Write a file whole or not at all, so that running again leaves the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=path.parent, newline="", delete=False) as file:
        write(file)
    Path(file.name).replace(path)
    os.chmod(path, 0o644)
    return path


def write_invoice(invoice):
    order = invoice.order
    lines = [f"Invoice {invoice.pk} for order {order.number}", ""]
    for line in order.lines.select_related("product"):
        lines.append(f"{line.quantity:4d} x {line.product.name:40s} {line.price:10.2f}")
    lines.append(f"{'Total':47s} {order.total:10.2f}")
    text = "\n".join(lines)
    return replace(settings.MEDIA_ROOT / "invoices" / f"{invoice.pk}.txt", lambda file: file.write(text))


def write_export(export, orders):
    def write(file):
        writer = csv.writer(file)
        writer.writerow(FIELDS)
        writer.writerows(orders.values_list(*FIELDS).iterator())

    return replace(settings.MEDIA_ROOT / "exports" / f"orders-{export.since}-{export.pk}.csv", write)
