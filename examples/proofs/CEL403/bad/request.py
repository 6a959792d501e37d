from shop.tasks import import_prices

import_prices.delay("https://prices.example.com/")
