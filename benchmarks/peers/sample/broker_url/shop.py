from celery import Celery

# bad: a password in the code
billing = Celery("billing", broker="amqps://shop:kT9xw2Lp@mq.shop.internal//")

# bad: another host, unencrypted
orders = Celery("orders", broker="redis://cache.shop.internal/0")

# bad: the same as a setting
mail = Celery("mail")
mail.conf.broker_url = "redis://cache.shop.internal/1"

# good: encrypted
images = Celery("images", broker="rediss://cache.shop.internal/0")

# good: this machine
local = Celery("local", broker="redis://localhost/0")

# good: this machine, by its other name
loop = Celery("loop", broker="redis://[::1]/0")
