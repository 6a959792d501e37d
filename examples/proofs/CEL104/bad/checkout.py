"""What the web process does when an order is confirmed."""

from shop.invoices import send_invoice
from shop.reminders import send_reminder

print(send_invoice.delay(7).id)
print(send_reminder.delay(7).id)
