from shop.tasks import confirm, remind

confirm.delay(7)
remind.delay(7)
