from lab import journal
from shop.views import show_price

journal("answered", show_price("book"))
