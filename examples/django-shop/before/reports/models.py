from django.db import models


class DailyReport(models.Model):
    day = models.DateField()
    orders = models.IntegerField()
    revenue = models.DecimalField(max_digits=12, decimal_places=2)
