from celery import Celery

# bad: TLS is switched off for a broker on another host
broker_url = "amqp://mq.shop.internal//"
broker_use_ssl = False

app = Celery("shop")
app.config_from_object("settings")
