from django.db import models


class DailyReport(models.Model):
    day = models.DateField(unique=True)
    orders = models.IntegerField()
    revenue = models.DecimalField(max_digits=12, decimal_places=2)
    mailed_at = models.DateTimeField(null=True)
