from shop.orders import confirm

confirm(7)
