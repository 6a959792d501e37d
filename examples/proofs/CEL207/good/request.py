"""A request, as a web process answers it."""

from shop.views import confirm

print(confirm(7))
