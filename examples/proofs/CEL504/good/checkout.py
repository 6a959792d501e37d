from shop.tasks import app, fetch, send_invoice

try:
    send_invoice.delay(1)
except TypeError:
    print("TypeError")
else:
    print("sent")
print(app.send_task("shop.tasks.send_invoice", args=(1,)).id)
print(fetch.delay("https://example.org").id)
