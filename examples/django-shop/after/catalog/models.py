from django.db import models


class Product(models.Model):
    sku = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    price = models.DecimalField(max_digits=10, decimal_places=2)
    stock = models.IntegerField(default=0)

    def __str__(self):
        return self.sku


class ProductImport(models.Model):
    path = models.CharField(max_length=300)
    created = models.IntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
