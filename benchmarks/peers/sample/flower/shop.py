from celery import Celery
from flower.app import Flower

app = Celery("shop", broker="redis://localhost/0")


# bad: started in code, open
def start():
    return Flower(capp=app)


# good: a garden's flower
def water(garden):
    return garden.flower.water(1)
