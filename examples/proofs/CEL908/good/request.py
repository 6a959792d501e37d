from lab import journal
from shop.views import checkout

journal("request")
checkout(1)
