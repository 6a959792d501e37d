from django.db import models


class Order(models.Model):
    cart = models.CharField(max_length=20)
