from shop.tasks import export, send_invoice

send_invoice.delay(7)
export.delay(7)
