from shop.tasks import send_invoice

print(send_invoice.delay(7).id)
