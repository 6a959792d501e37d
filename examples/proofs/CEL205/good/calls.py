from shop.tasks import ship

ship.delay(7)
