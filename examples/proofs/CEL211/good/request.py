from types import SimpleNamespace

from django.conf import settings
from django.test import RequestFactory

settings.configure()

from shop.views import show_page  # noqa: E402

request = RequestFactory().get("/books")
request.user = SimpleNamespace(pk=1)
show_page(request)
