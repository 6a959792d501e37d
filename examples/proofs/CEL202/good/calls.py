from shop.tasks import clean_up, ship

ship.delay(7)
clean_up.delay()
